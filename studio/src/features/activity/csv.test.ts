import { expect, test } from "vitest";
import type { Event } from "@/api/activity";
import { toCsv } from "@/features/activity/csv";

function event(part: Partial<Event> = {}): Event {
  return {
    id: "1",
    at: "2026-03-01T08:00:00Z",
    caller: "ana",
    operation: "a/write",
    title: "Create",
    status: "Succeeded",
    resource: "/r",
    detail: "",
    correlation: "c",
    served: {},
    ...part,
  };
}

const HEADER = "at,caller,title,operation,status,resource,detail,correlation\r\n";

/** The second line's cell under `detail`, as it stands in the file. */
const detail = (text: string) =>
  toCsv([event({ detail: text })])
    .slice(HEADER.length)
    .replace("2026-03-01T08:00:00Z,ana,Create,a/write,Succeeded,/r,", "")
    .replace(/,c\r\n$/, "");

test("every line ends as RFC 4180 wants, and the first names the columns", () => {
  expect(toCsv([event(), event()])).toBe(
    `${HEADER}${"2026-03-01T08:00:00Z,ana,Create,a/write,Succeeded,/r,,c\r\n".repeat(2)}`,
  );
});

test("a log without lines is its header", () => {
  expect(toCsv([])).toBe(HEADER);
});

test.each([
  ["a, b", '"a, b"'],
  ['say "no"', '"say ""no"""'],
  ["two\nlines", '"two\nlines"'],
  ["two\r\nlines", '"two\r\nlines"'],
  ["말 한마디", "말 한마디"],
])("%j is quoted where it must be", (text, cell) => {
  expect(detail(text)).toBe(cell);
});

test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])("%j is not run as a formula", (text) => {
  expect(detail(text)).toBe(`'${text}`);
});

test("a formula with commas is neither run nor split", () => {
  expect(detail('=HYPERLINK("x","y")')).toBe(`"'=HYPERLINK(""x"",""y"")"`);
});
