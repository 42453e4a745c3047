// @vitest-environment node
import { readFile } from "node:fs/promises";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";
import { expect, test } from "vitest";

const FOLDER = new URL("../../", import.meta.url);

test("the types are those of openapi.json; `npm run types` renews them", async () => {
  const made = await openapiTS(new URL("openapi.json", FOLDER), { silent: true });
  const kept = await readFile(new URL("src/api/schema.d.ts", FOLDER), "utf8");
  expect(kept).toBe(COMMENT_HEADER + astToString(made));
});
