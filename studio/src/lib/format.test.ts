import { describe, expect, test } from "vitest";
import { ago, bytes, moment, number, percent, shortMoment, since } from "@/lib/format";

const NOW = Date.parse("2026-03-08T12:00:00Z");

describe("bytes", () => {
  test.each([
    [0, "0 bytes"],
    [1, "1 byte"],
    [1023, "1,023 bytes"],
    [1024, "1 kB"],
    [1536, "1.5 kB"],
    [10.4 * 1024 ** 2, "10 MB"],
    [14 * 1024 ** 3, "14 GB"],
    [3 * 1024 ** 5, "3,072 TB"],
  ])("%d is %s", (count, text) => {
    expect(bytes(count, "en")).toBe(text);
  });

  test("a rate below one byte is no smaller unit", () => {
    expect(bytes(0.4, "en")).toBe("0 bytes");
  });

  test("in Korean", () => {
    expect(bytes(14 * 1024 ** 3, "ko")).toBe("14GB");
  });
});

describe("how long ago", () => {
  const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();
  test.each([
    [-5, "now"],
    [-59, "now"],
    [-60, "1 minute ago"],
    [-3599, "59 minutes ago"],
    [-3600, "1 hour ago"],
    [-86_400, "yesterday"],
    [-10 * 86_400, "10 days ago"],
    [150, "in 2 minutes"],
    [86_400, "tomorrow"],
  ])("%d s is %s", (seconds, text) => {
    expect(ago(at(seconds), "en", NOW)).toBe(text);
  });

  test("in Korean", () => {
    expect(ago(at(-180), "ko", NOW)).toBe("3분 전");
  });
});

test.each([
  [-5, "0 min"],
  [12 * 60 + 59, "12 min"],
  [3600, "1 hr"],
  [50 * 3600, "2 days"],
  [-3600, "0 min"],
])("what began %d s ago has lasted %s", (seconds, text) => {
  expect(since(new Date(NOW - seconds * 1000).toISOString(), "en", NOW)).toBe(text);
});

describe("moments", () => {
  // Local on purpose: pages show the person's own zone, whatever this machine's is.
  const today = new Date(2026, 2, 8, 9, 5);
  const yesterday = new Date(2026, 2, 7, 9, 5);
  const now = new Date(2026, 2, 8, 23, 59);

  test("today is told by its time", () => {
    expect(shortMoment(today.toISOString(), "en-GB", now)).toBe("09:05");
  });

  test("another day is told with its date", () => {
    expect(shortMoment(yesterday.toISOString(), "en-GB", now)).toBe("7 Mar 2026, 09:05");
  });

  test("in full it names the zone", () => {
    const text = moment(today.toISOString(), "en-GB");
    expect(text).toMatch(/^8 Mar 2026, 09:05:00 \S+/);
  });
});

test("shares and numbers are as the language writes them", () => {
  expect(percent(0.374, "en")).toBe("37%");
  expect(percent(1.5, "en")).toBe("150%");
  expect(number(12_345.678, "en")).toBe("12,345.7");
});
