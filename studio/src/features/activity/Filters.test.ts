import { expect, test } from "vitest";
import { sinceOf } from "@/features/activity/Filters";

const NOW = Date.parse("2026-03-08T09:30:45.500Z");

test.each([
  ["hour", "2026-03-08T08:30:00.000Z"],
  ["day", "2026-03-07T09:30:00.000Z"],
  ["week", "2026-03-01T09:30:00.000Z"],
  ["month", "2026-02-06T09:30:00.000Z"],
] as const)("the last %s begins at a whole minute", (range, since) => {
  expect(sinceOf(range, NOW)).toBe(since);
});

test("all time begins nowhere", () => {
  expect(sinceOf("all", NOW)).toBe("");
});
