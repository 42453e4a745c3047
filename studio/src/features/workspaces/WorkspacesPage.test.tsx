import { configure, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Page } from "@/features/workspaces/WorkspacesPage";
import { type Asked, answering, json, refused } from "@/testing/answers";
import { show } from "@/testing/show";

// jsdom lays nothing out, so Fluent UI cannot tell at times that the focus went into a dialog, and
// hides it from readers. That a browser does not, tests/studio shows.
beforeEach(() => configure({ defaultHidden: true }));
afterEach(() => configure({ defaultHidden: false }));

const PROVIDER = "providers/Microsoft.MachineLearningServices/workspaces";

class World {
  workspaces: [group: string, name: string][] = [["team", "main"]];
  refusal: Response | null = null;

  answer = ({ method, path }: Asked): Response => {
    const [, group = "", name = ""] = /resourceGroups\/([^/]+)(?:\/.*\/([^/]+))?$/.exec(path) ?? [];
    if (path.endsWith("/locations"))
      return json({ value: [{ name: "local", displayName: "Here" }] });
    if (path.endsWith("/workspaces")) return json({ value: this.workspaces.map(served) });
    if (this.refusal && method !== "GET") return this.refusal;
    if (method === "PUT" && name) this.workspaces.push([group, name]);
    if (method === "DELETE") this.workspaces = [];
    const known = this.workspaces.some(([each]) => each === group);
    return method === "GET" && !known ? refused(404, "ResourceGroupNotFound", "No.") : json({});
  };
}

const served = ([group, name]: [string, string]) => ({
  id: `/subscriptions/s1/resourceGroups/${group}/${PROVIDER}/${name}`,
  name,
  location: "local",
  properties: {},
});

async function page(world = new World()) {
  const asked = answering(world.answer);
  const others = { "/workspaces/:group/:workspace": "a workspace's page" };
  const { router } = await show(<Page />, { path: "/workspaces", at: "/workspaces", others });
  const changes = () =>
    asked
      .filter((each) => each.method !== "GET")
      .map(
        (each) => `${each.method} ${each.path.replace("/subscriptions/s1/resourceGroups/", "")}`,
      );
  return { world, changes, router };
}

async function fillIn(name: string, group: string) {
  await userEvent.click(await screen.findByRole("button", { name: "New workspace" }));
  const dialog = within(await screen.findByRole("dialog"));
  await userEvent.type(dialog.getByRole("textbox", { name: /^Name/ }), name);
  const field = dialog.getByRole("textbox", { name: /Resource group/ });
  await userEvent.clear(field);
  await userEvent.type(field, group);
  const button = dialog.getByRole("button", { name: "Create" });
  await waitFor(() => expect(button).toBeEnabled());
  await userEvent.click(button);
  return dialog;
}

test("a workspace is made with its group, and opened", async () => {
  const { changes, router } = await page();
  await fillIn("research", "science");
  expect(await screen.findByText("a workspace's page")).toBeVisible();
  expect(router.state.location.pathname).toBe("/workspaces/science/research");
  expect(changes()).toEqual(["PUT science", `PUT science/${PROVIDER}/research`]);
});

test("a group that is there is left as it is", async () => {
  const { changes } = await page();
  await fillIn("research", "team");
  expect(await screen.findByText("a workspace's page")).toBeVisible();
  expect(changes()).toEqual([`PUT team/${PROVIDER}/research`]);
});

test("a refusal stays in the dialog, with what was typed", async () => {
  const world = new World();
  world.refusal = refused(403, "AuthorizationFailed", "Ana may not.");
  await page(world);
  const dialog = await fillIn("research", "team");
  expect(await dialog.findByText("Ana may not.")).toBeVisible();
  expect(dialog.getByRole("textbox", { name: /^Name/ })).toHaveValue("research");
});

test("a workspace is deleted only after its name was typed", async () => {
  const { changes } = await page();
  await userEvent.click(await screen.findByRole("button", { name: "Delete main" }));
  const dialog = within(await screen.findByRole("dialog"));
  const button = dialog.getByRole("button", { name: "Delete" });
  await userEvent.type(dialog.getByRole("textbox"), "mai");
  expect(button).toBeDisabled();
  await userEvent.type(dialog.getByRole("textbox"), "n");
  await userEvent.click(button);
  expect(await screen.findByText("No workspace yet")).toBeVisible();
  expect(changes()).toEqual([`DELETE team/${PROVIDER}/main`]);
});
