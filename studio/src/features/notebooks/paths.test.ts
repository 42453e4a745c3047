import { describe, expect, test } from "vitest";
import {
  addressOf,
  extensionOf,
  foldersAbove,
  freeName,
  isIn,
  movedPath,
  nameProblem,
  parentOf,
  pathIn,
} from "@/features/notebooks/paths";
import { PLACE } from "@/testing/instances";

describe("addresses", () => {
  test.each(["", "Users/ana/a b.py", "Users/한국어/100%.md", "Users/a%2Fb/#x?.txt"])(
    "the path %j is read back from its address",
    (path) => expect(pathIn(addressOf(PLACE, path))).toBe(path),
  );

  test("an address that is not well formed is taken as it is", () => {
    expect(pathIn("/workspaces/team/main/notebooks/a%zz/b")).toBe("a%zz/b");
  });
});

test("folders above a path begin with the share's top", () => {
  expect(foldersAbove("Users/ana/x.py")).toEqual(["", "Users", "Users/ana"]);
  expect(parentOf("x.py")).toBe("");
});

test("a name that begins like a folder's does not lie in it", () => {
  expect(isIn("Users/anabel/x", "Users/ana")).toBe(false);
  expect(isIn("Users/ana/x", "Users/ana")).toBe(true);
});

test("what lies in a folder moves with it, and nothing else does", () => {
  expect(movedPath("a/b/c.py", "a/b", "z")).toBe("z/c.py");
  expect(movedPath("a/bc.py", "a/b", "z")).toBe("a/bc.py");
});

test("a free name is numbered before its extension", () => {
  const taken = new Set(["untitled.py", "untitled-2.py", "untitled-folder"]);
  expect(freeName("untitled.py", taken)).toBe("untitled-3.py");
  expect(freeName("untitled-folder", taken)).toBe("untitled-folder-2");
  expect(freeName("other.py", taken)).toBe("other.py");
});

test.each([
  ["", "empty"],
  ["a/b", "slash"],
  ["..", "reserved"],
  ["한".repeat(86), "long"],
  ["한".repeat(85), null],
])("the name %j: %s", (name, problem) => expect(nameProblem(name)).toBe(problem));

test("a hidden file has no extension", () => {
  expect(extensionOf(".bashrc")).toBe("");
  expect(extensionOf("A.IPYNB")).toBe("ipynb");
});
