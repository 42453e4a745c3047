import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import { Home } from "@/app/Home";
import { lastWorkspace } from "@/app/where";
import { answering, json, refused } from "@/testing/answers";
import { servedInstance } from "@/testing/instances";
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

const withInstancesOf = (owner: string) =>
  answering(({ path }) =>
    path.endsWith("/computes")
      ? json({ value: [servedInstance({ owner })] })
      : served("main", "other"),
  );

test("who has an instance goes to the first where the last one is gone", async () => {
  lastWorkspace.set("team/deleted");
  withInstancesOf("me");
  await home();
  expect(await screen.findByText("the main workspace")).toBeVisible();
});

test("who has an instance from another browser needs no welcome", async () => {
  withInstancesOf("me");
  await home();
  expect(await screen.findByText("the main workspace")).toBeVisible();
});

test("it welcomes who has no instance of their own yet", async () => {
  withInstancesOf("somebody else");
  await home();
  expect(await screen.findByText("the welcome")).toBeVisible();
});

test("where instances cannot be read, the workspace's own page says why", async () => {
  answering(({ path }) =>
    path.endsWith("/computes") ? refused(403, "AuthorizationFailed", "No right.") : served("main"),
  );
  await home();
  expect(await screen.findByText("the main workspace")).toBeVisible();
});

test("it welcomes who sees no workspace", async () => {
  answering(() => served());
  await home();
  expect(await screen.findByText("the welcome")).toBeVisible();
});

test("a refusal is told, and can be tried again", async () => {
  lastWorkspace.set("team/main");
  let well = false;
  answering(() => (well ? served("main") : refused(403, "AuthorizationFailed", "No right.")));
  await home();
  expect(await screen.findByText("No right.")).toBeVisible();
  well = true;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("the main workspace")).toBeVisible();
});
