import { expect, test } from "vitest";
import { filterText } from "@/api/activity";

const NONE = { since: "", caller: "", status: "", resource: "" };

test("no choice is no filter", () => {
  expect(filterText(NONE)).toBe("");
});

test("what is chosen is joined in the words of the API", () => {
  const filter = {
    since: "2026-03-01T00:00:00.000Z",
    caller: "ana",
    status: "Failed",
    resource: "/subscriptions/s1",
  };
  expect(filterText(filter)).toBe(
    "eventTimestamp ge '2026-03-01T00:00:00.000Z' and caller eq 'ana' and status eq 'Failed'" +
      " and resourceUri eq '/subscriptions/s1'",
  );
});

test("a quote in a name stays part of it", () => {
  expect(filterText({ ...NONE, caller: "o'neil' or '1' eq '1" })).toBe(
    "caller eq 'o''neil'' or ''1'' eq ''1'",
  );
});
