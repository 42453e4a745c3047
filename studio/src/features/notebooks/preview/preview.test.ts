import { describe, expect, test } from "vitest";
import { settled, spansOf } from "@/features/notebooks/preview/ansi";
import { shownOf } from "@/features/notebooks/preview/CellOutput";
import { markdownOf } from "@/features/notebooks/preview/markdown";
import { parseNotebook } from "@/features/notebooks/preview/parse";
import { hasContent, sanitized } from "@/features/notebooks/preview/sanitize";

function html(text: string): string {
  const place = document.createElement("div");
  place.append(sanitized(text));
  return place.innerHTML;
}

describe("HTML of others", () => {
  test.each([
    ["a script", "<script>hack()</script>"],
    ["a handler", "<img src='data:image/png;base64,AA' onerror='hack()'>"],
    ["a handler in SVG", "<svg onload='hack()'><rect/></svg>"],
    ["a script's link", "<a href='javascript:hack()'>x</a>"],
    ["a hidden script's link", "<a href='java\nscript:hack()'>x</a>"],
    ["a page as a link", "<a href='data:text/html,hack'>x</a>"],
    ["a frame", "<iframe src='https://hack.example'></iframe>"],
    ["a page in a frame", "<iframe srcdoc='hack'></iframe>"],
    ["a picture from elsewhere", "<img src='https://hack.example/a.png'>"],
    ["a picture from here", "<img src='/signout?hack'>"],
    ["a picture of any size", "<img srcset='https://hack.example/a.png 2x'>"],
    ["a background", "<div style='background: url(https://hack.example)'>x</div>"],
    ["a background by an escape", "<div style='background: u\\72l(https://hack.example)'>x</div>"],
    ["a style that loads", "<style>p { background: url(//hack.example) }</style>"],
    ["a style that imports", "<style>@import '//hack.example';</style>"],
    ["an SVG that loads", "<svg><image href='https://hack.example/a.png'/></svg>"],
    ["an SVG that uses", "<svg><use href='https://hack.example/a.svg#x'/></svg>"],
    ["a filter that loads", "<svg><rect filter='url(https://hack.example/f#x)'/></svg>"],
    ["a form", "<form action='https://hack.example'><input name='hack'></form>"],
    ["a sound", "<audio src='https://hack.example/a.mp3'></audio>"],
    ["a refresh", "<meta http-equiv='refresh' content='0;url=https://hack.example'>"],
    ["a base", "<base href='https://hack.example'>"],
    ["an object", "<object data='https://hack.example'></object>"],
  ])("%s is taken out", (_, text) => expect(html(text)).not.toContain("hack"));

  test("what is harmless stays", () => {
    const table = "<table><tbody><tr><td style='color: red'>1</td></tr></tbody></table>";
    expect(html(table)).toContain('style="color: red"');
    expect(html("<style>td { color: red }</style><p>x</p>")).toContain("td { color: red }");
    expect(html("<img alt='a plot' src='data:image/png;base64,AA'>")).toContain("data:image/png");
    expect(html("<svg><rect fill='url(#gradient)'></rect></svg>")).toContain("url(#gradient)");
  });

  test("a link leads out, and tells nothing of where it was", () => {
    const link = html("<a href='https://example.org'>x</a>");
    expect(link).toContain('target="_blank"');
    expect(link).toContain('rel="noopener noreferrer"');
  });

  test("what only a script would draw counts as nothing", () => {
    expect(hasContent(sanitized("<div id='plot'></div><script>draw()</script>"))).toBe(false);
    expect(hasContent(sanitized("<style>p { color: red }</style>"))).toBe(false);
    expect(hasContent(sanitized("<p>x</p>"))).toBe(true);
  });
});

describe("results", () => {
  test("the richest form that needs no script is shown", () => {
    const plain = { "text/plain": "words" };
    expect(shownOf({ ...plain, "text/html": "<b>x</b>" }).as).toBe("html");
    expect(shownOf({ ...plain, "text/html": "<script>x()</script>" })).toEqual({
      as: "text",
      text: "words",
    });
    expect(shownOf({ "application/x-unknown": "x" }).as).toBe("nothing");
  });

  test("a picture's bytes cannot leave its address", () => {
    const shown = shownOf({ "image/png": 'AA\n==" onerror="hack()' });
    expect(shown).toEqual({ as: "image", src: "data:image/png;base64,AA==onerror=hack" });
  });

  test("an SVG is a picture, in which nothing runs", () => {
    const shown = shownOf({ "image/svg+xml": "<svg onload='hack()'/>" });
    expect(shown.as === "image" && shown.src).toMatch(/^data:image\/svg\+xml,/);
  });
});

describe("Markdown", () => {
  test("pictures that the cell carries are shown", () => {
    const place = document.createElement("div");
    place.append(markdownOf("![a](attachment:a.png)", { "a.png": "data:image/png;base64,AA" }));
    expect(place.querySelector("img")?.getAttribute("src")).toBe("data:image/png;base64,AA");
  });

  test("HTML in it is cleaned too", () => {
    const place = document.createElement("div");
    place.append(markdownOf("[x](javascript:hack()) <img src=x onerror=hack()>"));
    expect(place.innerHTML).not.toContain("hack");
  });
});

describe("notebook files", () => {
  const notebook = (...cells: object[]) => JSON.stringify({ nbformat: 4, metadata: {}, cells });

  test("pieces of what was printed become one", () => {
    const outputs = [
      { output_type: "stream", name: "stdout", text: ["a\n", "b\n"] },
      { output_type: "stream", name: "stdout", text: "c\n" },
      { output_type: "stream", name: "stderr", text: "d\n" },
    ];
    const file = notebook({ cell_type: "code", source: ["x", "y"], outputs });
    const [cell] = parseNotebook(file).cells;
    expect(cell?.source).toBe("xy");
    expect(cell?.outputs).toEqual([
      { type: "stream", error: false, text: "a\nb\nc\n" },
      { type: "stream", error: true, text: "d\n" },
    ]);
  });

  test.each([
    ["not JSON", "{", "broken"],
    ["something else", "[]", "broken"],
    ["no cells", "{}", "broken"],
    ["an old format", JSON.stringify({ nbformat: 3, worksheets: [] }), "old"],
  ])("%s is said to be so", (_, text, why) => {
    expect(() => parseNotebook(text)).toThrow(expect.objectContaining({ why }));
  });

  test("what does not belong into a notebook is passed over", () => {
    const odd = notebook(
      { cell_type: 7, source: { a: 1 } },
      { cell_type: "code", outputs: "x", source: null },
      { cell_type: "code", outputs: [null, { output_type: "display_data", data: [1] }] },
      { cell_type: "markdown", attachments: { a: 1, b: { "text/html": "x" } } },
    );
    const cells = parseNotebook(odd).cells;
    expect(cells.map((each) => each.type)).toEqual(["raw", "code", "code", "markdown"]);
    expect(cells.map((each) => each.source)).toEqual(["", "", "", ""]);
    expect(cells[3]?.attachments).toEqual({});
  });

  test("code is in the language that the kernel says", () => {
    const file = { nbformat: 4, cells: [], metadata: { language_info: { name: "R" } } };
    expect(parseNotebook(JSON.stringify(file)).language).toBe("R");
  });
});

describe("what programs write for terminals", () => {
  test("colours become spans, and other escapes nothing", () => {
    expect(spansOf("\x1b[0;31mred\x1b[0m \x1b[1mbold\x1b[K\x1b[38;5;241mgrey\x1b[39m")).toEqual([
      { text: "red", colour: 1, bold: false },
      { text: " ", colour: null, bold: false },
      { text: "bold", colour: null, bold: true },
      { text: "grey", colour: null, bold: true },
    ]);
    expect(spansOf("\x1b]8;;https://x\x07link")).toEqual([
      { text: "link", colour: null, bold: false },
    ]);
  });

  test("a line that was written over shows what was written last", () => {
    expect(settled("  0%\r 50%\r100%\nend")).toBe("100%\nend");
    expect(settled("abc\rX")).toBe("Xbc");
    expect(settled("windows\r\nlines\r\n")).toBe("windows\nlines\n");
    expect(settled("ab\bc")).toBe("ac");
  });
});
