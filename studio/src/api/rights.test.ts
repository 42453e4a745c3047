import { expect, test } from "vitest";
import type { Role } from "@/api/access";
import { allows } from "@/api/rights";

const role = (actions: string[], notActions: string[] = []): Role => ({
  id: "r1",
  name: "A role",
  description: "",
  actions,
  notActions,
});

test.each([
  ["*", true],
  ["Microsoft.ML/workspaces/*", true],
  ["microsoft.ml/WORKSPACES/write", true],
  ["*/write", true],
  ["*/read", false],
  ["Microsoft.ML/workspaces", false],
  ["MicrosoftxML/workspaces/write", false],
])("a role with %s: %s", (pattern, allowed) => {
  expect(allows(role([pattern]), "Microsoft.ML/workspaces/write")).toBe(allowed);
});

test("what a role excepts it does not allow", () => {
  const scientist = role(["Microsoft.ML/*"], ["Microsoft.ML/computes/*"]);
  expect(allows(scientist, "Microsoft.ML/computes/write")).toBe(false);
  expect(allows(scientist, "Microsoft.ML/jobs/write")).toBe(true);
});
