/** Languages that code is coloured for; each is loaded when it is first needed. */
import { LanguageSupport, StreamLanguage, type StreamParser } from "@codemirror/language";
import { extensionOf } from "@/features/notebooks/paths";

type Load = () => Promise<LanguageSupport>;

async function legacy(parser: Promise<StreamParser<unknown>>): Promise<LanguageSupport> {
  return new LanguageSupport(StreamLanguage.define(await parser));
}

const python: Load = async () => (await import("@codemirror/lang-python")).python();
const javascript: Load = async () =>
  (await import("@codemirror/lang-javascript")).javascript({ jsx: true });
const typescript: Load = async () =>
  (await import("@codemirror/lang-javascript")).javascript({ jsx: true, typescript: true });
const json: Load = async () => (await import("@codemirror/lang-json")).json();
const yaml: Load = async () => (await import("@codemirror/lang-yaml")).yaml();
const markdown: Load = async () => (await import("@codemirror/lang-markdown")).markdown();
const r: Load = () => legacy(import("@codemirror/legacy-modes/mode/r").then((mode) => mode.r));
const sql: Load = () =>
  legacy(import("@codemirror/legacy-modes/mode/sql").then((mode) => mode.standardSQL));
const shell: Load = () =>
  legacy(import("@codemirror/legacy-modes/mode/shell").then((mode) => mode.shell));
const toml: Load = () =>
  legacy(import("@codemirror/legacy-modes/mode/toml").then((mode) => mode.toml));
const julia: Load = () =>
  legacy(import("@codemirror/legacy-modes/mode/julia").then((mode) => mode.julia));
const dockerfile: Load = () =>
  legacy(import("@codemirror/legacy-modes/mode/dockerfile").then((mode) => mode.dockerFile));

const BY_EXTENSION: Readonly<Record<string, Load>> = {
  py: python,
  pyi: python,
  r,
  sql,
  sh: shell,
  bash: shell,
  zsh: shell,
  js: javascript,
  mjs: javascript,
  cjs: javascript,
  jsx: javascript,
  ts: typescript,
  tsx: typescript,
  json,
  jsonl: json,
  ipynb: json,
  yaml,
  yml: yaml,
  md: markdown,
  toml,
  jl: julia,
};

const BY_NAME: Readonly<Record<string, Load>> = { dockerfile, ".bashrc": shell, ".profile": shell };

/** As kernels call them. */
const BY_KERNEL: Readonly<Record<string, Load>> = {
  python,
  r,
  julia,
  javascript,
  typescript,
  sql,
  bash: shell,
};

/** The language of a file by its name; null for plain text. */
export async function languageOfFile(name: string): Promise<LanguageSupport | null> {
  const load = BY_NAME[name.toLowerCase()] ?? BY_EXTENSION[extensionOf(name)];
  return load ? load() : null;
}

/** The language of a notebook's code, as its metadata calls it; null if it is not known here. */
export async function languageOfKernel(name: string): Promise<LanguageSupport | null> {
  return BY_KERNEL[name.toLowerCase()]?.() ?? null;
}
