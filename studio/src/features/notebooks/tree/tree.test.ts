import { describe, expect, test } from "vitest";
import type { Entry } from "@/api/files";
import { actionOf } from "@/features/notebooks/tree/keys";
import { type Folder, keyOf, type Row, rowsOf } from "@/features/notebooks/tree/rows";

function entry(path: string, type: Entry["type"] = "file"): Entry {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return { name, path, type, sizeBytes: 1, modifiedAt: "", etag: null };
}

function folder(...entries: Entry[]): Folder {
  return { entries, error: null };
}

const folders = new Map<string, Folder>([
  ["", folder(entry("Users", "directory"), entry("readme.md"))],
  ["Users", folder(entry("Users/ana", "directory"), entry("Users/pipe", "other"))],
  ["Users/ana", folder()],
]);
const rows = rowsOf({ folders, open: new Set(["Users", "Users/ana"]) });

function told(all: readonly Row[]): string[] {
  return all.map((row) => `${row.level} ${row.kind === "entry" ? row.entry.path : row.note}`);
}

describe("rows", () => {
  test("open folders are followed by what is in them", () => {
    expect(told(rows)).toEqual([
      "1 Users",
      "2 Users/ana",
      "3 empty",
      "2 Users/pipe",
      "1 readme.md",
    ]);
  });

  test("a folder that is not read yet, or cannot be, says so", () => {
    const failed = new Map(folders).set("Users/ana", { entries: undefined, error: Error("no") });
    const open = new Set(["Users", "Users/ana"]);
    expect(told(rowsOf({ folders: failed, open }))).toContain("3 failed");
    failed.delete("Users/ana");
    expect(told(rowsOf({ folders: failed, open }))).toContain("3 loading");
  });

  test("where a folder is to be chosen, there are only folders", () => {
    const shown = rowsOf({ folders, open: new Set(["Users", "Users/ana"]), foldersOnly: true });
    expect(told(shown)).toEqual(["1 Users", "2 Users/ana"]);
  });

  test("names that look the same have rows of their own", () => {
    const same = [entry("\ufffd", "other"), entry("\ufffd", "other")];
    const keys = rowsOf({ folders: new Map([["", folder(...same)]]), open: new Set() }).map(
      (row) => row.key,
    );
    expect(new Set(keys).size).toBe(2);
  });

  test("each says where it is among its siblings", () => {
    const row = rows.find((each) => each.key === keyOf("readme.md"));
    expect(row).toMatchObject({ position: 2, siblings: 2 });
  });
});

describe("keys", () => {
  const press = (key: string, index: number, more = {}) =>
    actionOf(
      { key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more },
      rows,
      index,
    );

  test.each([
    ["ArrowDown", 0, { do: "go", index: 1 }],
    ["ArrowDown", 4, { do: "go", index: 4 }],
    ["ArrowDown", -1, { do: "go", index: 0 }],
    ["ArrowUp", 0, { do: "go", index: 0 }],
    ["End", 0, { do: "go", index: 4 }],
    ["Home", 4, { do: "go", index: 0 }],
    ["ArrowRight", 0, { do: "go", index: 1 }],
    ["ArrowLeft", 0, { do: "close" }],
    ["ArrowLeft", 2, { do: "go", index: 1 }],
    ["ArrowLeft", 3, { do: "go", index: 0 }],
    ["ArrowRight", 4, null],
    ["Enter", 4, { do: "choose" }],
    ["F2", 4, { do: "rename" }],
    ["Delete", 4, { do: "remove" }],
    ["r", 0, { do: "go", index: 4 }],
    ["z", 0, null],
  ])("%s on row %i", (key, index, action) => expect(press(key, index)).toEqual(action));

  test("the menu has its key, and another one for keyboards without it", () => {
    expect(press("ContextMenu", 0)).toEqual({ do: "menu" });
    expect(press("F10", 0, { shiftKey: true })).toEqual({ do: "menu" });
  });

  test("what the browser does with Ctrl stays the browser's", () => {
    expect(press("r", 0, { ctrlKey: true })).toBeNull();
  });
});
