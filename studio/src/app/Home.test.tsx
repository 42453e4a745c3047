import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import { Home } from "@/app/Home";
import { lastWorkspace } from "@/app/where";
import { answering, json, refused } from "@/testing/answers";
import { show } from "@/testing/show";

beforeEach(() => lastWorkspace.set(""));

const workspace = (name: string) => ({
  id: `/subscriptions/s1/resourceGroups/team/providers/Microsoft.MachineLearningServices/workspaces/${name}`,
  name,
  location: "local",
  properties: {},
});

const served = (...names: string[]) => json({ value: names.map(workspace) });

const home = () =>
  show(<Home />, {
    path: "/",
    at: "/",
    others: {
      "/workspaces/team/main": "the main workspace",
      "/workspaces/team/other": "the other workspace",
      "/welcome": "the welcome",
    },
  });

test("it goes to the workspace that was open last", async () => {
  lastWorkspace.set("team/other");
  answering(() => served("main", "other"));
  await home();
  expect(await screen.findByText("the other workspace")).toBeVisible();
});

test("it goes to the first where the last one is gone, or there was none", async () => {
  lastWorkspace.set("team/deleted");
  answering(() => served("main", "other"));
  await home();
  expect(await screen.findByText("the main workspace")).toBeVisible();
});

test("it welcomes who sees no workspace", async () => {
  answering(() => served());
  await home();
  expect(await screen.findByText("the welcome")).toBeVisible();
});

test("a refusal is told, and can be tried again", async () => {
  let well = false;
  answering(() => (well ? served("main") : refused(403, "AuthorizationFailed", "No right.")));
  await home();
  expect(await screen.findByText("No right.")).toBeVisible();
  well = true;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("the main workspace")).toBeVisible();
});
