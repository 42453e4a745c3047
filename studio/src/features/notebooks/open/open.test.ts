import { expect, test } from "vitest";
import type { Entry } from "@/api/files";
import { emptyNotebook } from "@/features/notebooks/emptyNotebook";
import { kindOf, LARGEST_TEXT, textOf } from "@/features/notebooks/kinds";
import { rowsOfTable } from "@/features/notebooks/open/csv";
import { parseNotebook } from "@/features/notebooks/preview/parse";

function file(name: string, sizeBytes = 1): Entry {
  return { name, path: name, type: "file", sizeBytes, modifiedAt: "", etag: null };
}

test("a file is shown by its name and size", () => {
  expect(kindOf(file("a.ipynb"))).toBe("notebook");
  expect(kindOf(file("a.PNG"))).toBe("image");
  expect(kindOf(file("Makefile"))).toBe("text");
  expect(kindOf(file("a.csv", LARGEST_TEXT + 1))).toBe("tooLarge");
  expect(kindOf({ ...file("a.py"), type: "other" })).toBe("other");
});

test("text is UTF-8 without zeros, and keeps its byte order mark", () => {
  const bytes = (...values: number[]) => new Uint8Array(values).buffer;
  expect(textOf(bytes(0xff, 0xfe))).toBeNull();
  expect(textOf(bytes(0x61, 0))).toBeNull();
  expect(textOf(bytes(0xef, 0xbb, 0xbf, 0x61))).toBe("\ufeffa");
});

test("values in quotes hold commas, quotes and line ends", () => {
  expect(rowsOfTable('\ufeffa,b\r\n"1,""x""","2\n3"\n\nc,\n', ",", 10)).toEqual([
    ["a", "b"],
    ['1,"x"', "2\n3"],
    ["c", ""],
  ]);
});

test("no more rows are read than are wanted", () => {
  expect(rowsOfTable("a\nb\nc", "\t", 2)).toEqual([["a"], ["b"]]);
});

test("a new notebook is valid nbformat 4.5 with one empty cell", () => {
  const made = JSON.parse(emptyNotebook());
  expect(made).toMatchObject({ nbformat: 4, nbformat_minor: 5 });
  expect(made.cells[0].id).toMatch(/^[a-zA-Z0-9-_]{1,64}$/);
  expect(parseNotebook(emptyNotebook())).toMatchObject({
    language: "python",
    cells: [{ type: "code", source: "", outputs: [] }],
  });
});
