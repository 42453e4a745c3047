import { expect, test } from "vitest";
import { type Filter, type Sort, type SortKey, shown } from "@/features/compute/list/selection";
import { instance } from "@/testing/instances";

const EVERY: Filter = { words: "", userId: null };
const BY_NAME: Sort = { key: "name", down: false };

const ALL = [
  instance({ name: "box10", state: "Stopped", size: "Standard_DS12_v2", ownerName: "Zoe" }),
  instance({ name: "box2", createdOn: "2026-03-03T08:00:00Z", owner: "zoe", ownerName: "Zoe" }),
  instance({
    name: "alpha",
    size: "Standard_DS3_v2",
    tags: { Project: "Weather" },
    createdOn: "2026-03-02T08:00:00Z",
  }),
  instance({ name: "given", owner: "boss", ownerName: "Boss", assignedTo: "me" }),
  instance({ name: "handed", assignedTo: "zoe" }),
];

const names = (filter: Filter, sort = BY_NAME) => shown(ALL, filter, sort).map((each) => each.name);

test("names are in the order that people count", () => {
  expect(names(EVERY)).toEqual(["alpha", "box2", "box10", "given", "handed"]);
});

test.each<[SortKey, string[]]>([
  ["state", ["alpha", "box2", "given", "handed", "box10"]],
  ["size", ["box2", "given", "handed", "alpha", "box10"]],
  ["user", ["alpha", "handed", "given", "box2", "box10"]],
  ["createdOn", ["box10", "given", "handed", "alpha", "box2"]],
])("sorted by %s, equal ones follow their names", (key, order) => {
  expect(names(EVERY, { key, down: false })).toEqual(order);
});

test("downwards is the other way round", () => {
  expect(names(EVERY, { key: "name", down: true })).toEqual(names(EVERY).reverse());
});

test.each([
  ["WEATHER", ["alpha"]],
  ["project", ["alpha"]],
  ["ds12", ["box10"]],
  ["stopped", ["box10"]],
  ["  zoe   box ", ["box2", "box10"]],
  ["zoe weather", []],
])("words '%s' must all match, wherever they do", (words, left) => {
  expect(names({ words, userId: null })).toEqual(left);
});

test("mine are those that I open, and not those that I made for somebody", () => {
  expect(names({ words: "", userId: "me" })).toEqual(["alpha", "box10", "given"]);
});

test("the list that was given stays as it was", () => {
  const before = ALL.map((each) => each.name);
  names(EVERY, { key: "state", down: true });
  expect(ALL.map((each) => each.name)).toEqual(before);
});
