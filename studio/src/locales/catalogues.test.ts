import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { en } from "@/locales/en";
import { ko } from "@/locales/ko";

const SOURCES = join(import.meta.dirname, "..");
const PLURAL = /_(one|other)$/;

/** Every string by its whole key, `namespace:group.key`. */
function flat(catalogue: object): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  const walk = (part: object, path: string, mark: string) => {
    for (const [key, value] of Object.entries(part)) {
      if (typeof value === "string") all.set(path + mark + key, value);
      else walk(value, path + mark + key, path ? "." : "");
    }
  };
  for (const [namespace, words] of Object.entries(catalogue)) walk(words, namespace, ":");
  return all;
}

const base = (key: string) => key.replace(PLURAL, "");
const placeholders = (text: string) => [...text.matchAll(/\{\{\s*(\w+)/g)].map(([, name]) => name);
const ENGLISH = flat(en);
const KOREAN = flat(ko);

test("both languages have the same keys", () => {
  const keys = (all: ReadonlyMap<string, string>) => [...new Set([...all.keys()].map(base))].sort();
  expect(ENGLISH.size).toBeGreaterThan(300);
  expect(keys(KOREAN)).toEqual(keys(ENGLISH));
});

test("counted things have the forms that each language needs", () => {
  const forms = (all: ReadonlyMap<string, string>, form: string) =>
    [...all.keys()].filter((each) => each.endsWith(form)).map(base);
  expect(forms(ENGLISH, "_one").sort()).toEqual(forms(ENGLISH, "_other").sort());
  expect(forms(KOREAN, "_other").sort()).toEqual(forms(ENGLISH, "_other").sort());
  expect(forms(KOREAN, "_one")).toEqual([]);
});

test("no string is empty", () => {
  const empty = [...ENGLISH, ...KOREAN].filter(([, text]) => text.trim() === "");
  expect(empty).toEqual([]);
});

test("a string has the same placeholders in both languages", () => {
  const names = (text = "") => [...new Set(placeholders(text))].sort().join(" ");
  const differ = [...KOREAN]
    .filter(([key, text]) => names(text) !== names(ENGLISH.get(key)))
    .map(([key]) => key);
  expect(differ).toEqual([]);
});

/** Sources that speak: not tests, nor what is made by a program. */
function sources(): string[] {
  return readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .filter((each) => /\.tsx?$/.test(each) && !/\.test\.|\.d\.ts$|^locales|^testing/.test(each))
    .map((each) => readFileSync(join(SOURCES, each), "utf8"));
}

/**
 * Patterns of the whole keys that a source names. A key without a namespace is of those that the
 * source asks `useTranslation` for first; a hole in a template is any part of a key; `returnObjects`
 * takes all that is below one.
 */
function named(source: string): string[] {
  const asked = [...source.matchAll(/useTranslation\(\s*\[?\s*(?:"(\w+)")?/g)];
  const namespaces = [...new Set([...asked.map(([, name]) => name ?? "common"), "common"])];
  const literals = source.matchAll(
    /"([\w:.-]+)"(, \{ returnObjects)?|`((?:[^`\s$]|\$\{[^}]*\})+)`/g,
  );
  return [...literals].flatMap(([, plain, objects, template = ""]) => {
    const text = plain ? plain + (objects ? ".*" : "") : template.replaceAll(/\$\{[^}]*\}/g, "*");
    return text.includes(":") ? [text] : namespaces.map((each) => `${each}:${text}`);
  });
}

test("every string is used somewhere", () => {
  const all = new Set(sources().flatMap(named));
  const holes = [...all]
    .filter((each) => each.includes("*") && /^\w+:[\w.*]*\w[\w.*]*$/.test(each))
    .map((each) => new RegExp(`^${each.replaceAll(".", "\\.").replaceAll("*", "[^.]+")}$`));
  const unused = [...new Set([...ENGLISH.keys()].map(base))].filter(
    (key) => !all.has(key) && !holes.some((each) => each.test(key)),
  );
  expect(unused).toEqual([]);
});
