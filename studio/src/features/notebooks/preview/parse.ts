/**
 * A notebook file (nbformat 4) as what is shown of it. Whatever a file holds, nothing here throws
 * anything but NotANotebook.
 */

export class NotANotebook extends Error {
  /** @param why `broken`: no notebook at all; `old`: of a format before 4. */
  constructor(readonly why: "broken" | "old") {
    super(why);
    this.name = "NotANotebook";
  }
}

export type Output =
  | { readonly type: "stream"; readonly error: boolean; readonly text: string }
  | { readonly type: "error"; readonly text: string }
  /** One result in several forms, by their media types. */
  | { readonly type: "data"; readonly data: Readonly<Record<string, string>> };

export interface Cell {
  readonly key: string;
  readonly type: "markdown" | "code" | "raw";
  readonly source: string;
  readonly count: number | null;
  readonly outputs: readonly Output[];
  /** Pictures of a Markdown cell, by their names, as addresses. */
  readonly attachments: Readonly<Record<string, string>>;
}

export interface Notebook {
  /** The language of its code, as the kernel calls it. */
  readonly language: string;
  readonly cells: readonly Cell[];
}

type Json = Readonly<Record<string, unknown>>;

/** @throws NotANotebook */
export function parseNotebook(text: string): Notebook {
  const file = parsed(text);
  if (!isObject(file)) throw new NotANotebook("broken");
  if (typeof file.nbformat === "number" && file.nbformat < 4) throw new NotANotebook("old");
  if (!Array.isArray(file.cells)) throw new NotANotebook("broken");
  const metadata = objectOf(file.metadata);
  const language =
    objectOf(metadata.language_info).name ?? objectOf(metadata.kernelspec).language ?? "python";
  return { language: String(language), cells: file.cells.filter(isObject).map(cellOf) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new NotANotebook("broken");
  }
}

function cellOf(cell: Json, index: number): Cell {
  const type = cell.cell_type === "markdown" || cell.cell_type === "code" ? cell.cell_type : "raw";
  return {
    key: String(index),
    type,
    source: textOf(cell.source),
    count: typeof cell.execution_count === "number" ? cell.execution_count : null,
    outputs: type === "code" ? merged(listOf(cell.outputs).flatMap(outputOf)) : [],
    attachments: attachmentsOf(objectOf(cell.attachments)),
  };
}

function outputOf(output: Json): Output[] {
  switch (output.output_type) {
    case "stream":
      return [{ type: "stream", error: output.name === "stderr", text: textOf(output.text) }];
    case "error": {
      const lines = Array.isArray(output.traceback) ? output.traceback.map(String) : [];
      const short = `${output.ename ?? ""}: ${output.evalue ?? ""}`;
      return [{ type: "error", text: lines.length ? lines.join("\n") : short }];
    }
    case "execute_result":
    case "display_data":
      return [{ type: "data", data: formsOf(objectOf(output.data)) }];
  }
  return [];
}

function formsOf(data: Json): Record<string, string> {
  const forms = Object.entries(data).map(([type, value]) => [type, formOf(type, value)]);
  return Object.fromEntries(forms);
}

function formOf(type: string, value: unknown): string {
  if (type.endsWith("json") && typeof value === "object") return JSON.stringify(value, null, 2);
  return textOf(value);
}

/** What a program prints comes in pieces. */
function merged(outputs: readonly Output[]): Output[] {
  const all: Output[] = [];
  for (const each of outputs) {
    const last = all.at(-1);
    if (each.type === "stream" && last?.type === "stream" && last.error === each.error) {
      all[all.length - 1] = { ...last, text: last.text + each.text };
    } else all.push(each);
  }
  return all;
}

const PICTURE = /^image\/(png|jpeg|gif|webp)$/;

function attachmentsOf(attachments: Json): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, forms] of Object.entries(attachments)) {
    const type = Object.keys(objectOf(forms)).find((each) => PICTURE.test(each));
    if (type) found[name] = `data:${type};base64,${base64(textOf(objectOf(forms)[type]))}`;
  }
  return found;
}

/** Only what base64 has: line ends are common, and nothing else may come into an address. */
export function base64(text: string): string {
  return text.replace(/[^A-Za-z0-9+/=]/g, "");
}

/** nbformat allows a text to be the list of its lines. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join("");
  return typeof value === "string" ? value : "";
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function objectOf(value: unknown): Json {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
