import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import { lastWorkspace } from "@/app/where";
import { Page } from "@/features/welcome/WelcomePage";
import { type Asked, answering, json, refused } from "@/testing/answers";
import { servedInstance } from "@/testing/instances";
import { regional } from "@/testing/region";
import { show } from "@/testing/show";

beforeEach(() => lastWorkspace.set(""));

/** A small control plane: what it holds, and what it refuses. */
class World {
  workspaces: string[] = ["main"];
  instances: ReturnType<typeof servedInstance>[] = [];
  taken: string[] = [];
  /** What the person's one role allows, here and everywhere. */
  actions: string[] = ["*"];
  refusal: Response | null = null;

  answer = (asked: Asked): Response => {
    const { method, path } = asked;
    const region = regional(asked, { taken: this.taken });
    if (region) return region;
    if (method === "PUT") return this.put(path);
    if (path.endsWith("/locations"))
      return json({ value: [{ name: "local", displayName: "Here" }] });
    if (path.endsWith("/roleDefinitions")) return json({ value: [role(this.actions)] });
    if (path.endsWith("/roleAssignments")) return json({ value: [assignment] });
    if (path.endsWith("/workspaces")) return json({ value: this.workspaces.map(workspace) });
    if (path.endsWith("/computes")) return json({ value: this.instances });
    if (path.endsWith("/start")) return json({}, 202);
    return refused(404, "NotFound", `Nothing is at ${path}.`);
  };

  private put(path: string): Response {
    const name = path.split("/").at(-1) ?? "";
    if (path.includes("/computes/")) {
      if (this.refusal) return this.refusal;
      this.instances = [servedInstance({ name, state: "Creating" })];
      return json(this.instances[0], 201);
    }
    if (path.includes("/workspaces/")) this.workspaces.push(name);
    return json({}, 201);
  }
}

const workspace = (name: string) => ({
  id: `/subscriptions/s1/resourceGroups/team/providers/Microsoft.MachineLearningServices/workspaces/${name}`,
  name,
  location: "local",
  properties: {},
});

const role = (actions: string[]) => ({
  id: "/providers/Microsoft.Authorization/roleDefinitions/r1",
  properties: {
    roleName: "Some role",
    description: "",
    permissions: [{ actions, notActions: [] }],
  },
});

const assignment = {
  id: "a1",
  properties: {
    roleDefinitionId: "/subscriptions/s1/providers/Microsoft.Authorization/roleDefinitions/R1",
    principalId: "me",
    principalType: "User",
    scope: "/subscriptions/s1",
  },
};

async function welcome(change: (world: World) => void = () => {}) {
  const world = new World();
  change(world);
  const asked = answering(world.answer);
  await show(<Page />, { path: "/welcome", at: "/welcome" });
  const puts = () => asked.filter((each) => each.method === "PUT");
  return { world, asked, puts };
}

const createButton = () => screen.findByRole("button", { name: "Create my instance" });
const nameField = () => screen.findByRole("textbox", { name: /Name of your instance/ });

async function clickCreate() {
  const button = await createButton();
  await waitFor(() => expect(button).toBeEnabled());
  await userEvent.click(button);
}

test("one click makes an instance with a free name and a size that fits, and shows it", async () => {
  const { puts } = await welcome((world) => {
    world.taken = ["ana-1", "ana-2"];
  });
  expect(await nameField()).toHaveValue("ana-3");
  await clickCreate();
  expect(await screen.findByText("ana-3 is on its way")).toBeVisible();
  const [put] = puts();
  expect(put?.path).toMatch(/workspaces\/main\/computes\/ana-3$/);
  expect(JSON.parse(put?.body ?? "")).toEqual({
    location: "local",
    properties: { computeType: "ComputeInstance", properties: { vmSize: "Standard_DS3_v2" } },
  });
});

test("a name that is taken cannot be sent, and the API's sentence says so", async () => {
  const { puts } = await welcome((world) => {
    world.taken = ["theirs"];
  });
  const field = await nameField();
  await userEvent.clear(field);
  await userEvent.type(field, "theirs");
  expect(await screen.findByText("The name theirs is in use.")).toBeVisible();
  expect(await createButton()).toBeDisabled();
  expect(puts()).toEqual([]);
});

test("a refusal about the size is said beside it, another above the form", async () => {
  const said = (code: string, message: string) =>
    json({ error: { code, message, target: "standardDSv2Family" } }, 409);
  const { world } = await welcome((world) => {
    world.refusal = said("QuotaExceeded", "Four vCPUs are left.");
  });
  await clickCreate();
  const size = await screen.findByRole("combobox", { name: "Size" });
  await waitFor(() => expect(size).toHaveAccessibleDescription("Four vCPUs are left."));
  expect(screen.queryByText("Your instance was not created")).toBeNull();
  world.refusal = said("Conflict", "The region rests.");
  await clickCreate();
  expect(await screen.findByText("Your instance was not created")).toBeVisible();
  expect(screen.getByText("The region rests.")).toBeVisible();
});

test("without a workspace, one is made with the instance, under the names in the details", async () => {
  const { puts } = await welcome((world) => {
    world.workspaces = [];
  });
  await userEvent.click(await screen.findByRole("button", { name: "Details" }));
  const field = await screen.findByRole("textbox", { name: /Name of the workspace/ });
  await userEvent.clear(field);
  await userEvent.type(field, "research");
  await clickCreate();
  expect(await screen.findByText("ana-1 is on its way")).toBeVisible();
  const made = puts().map((each) => each.path.replace(/.*\/resourceGroups\//, ""));
  const provider = "providers/Microsoft.MachineLearningServices/workspaces";
  expect(made).toContain(`studiolo/${provider}/research`);
  expect(made.at(-1)).toBe(`studiolo/${provider}/research/computes/ana-1`);
});

test("when only the instance failed, trying again makes no second workspace", async () => {
  const { world, puts } = await welcome((world) => {
    world.workspaces = [];
    world.refusal = refused(409, "QuotaExceeded", "Nothing is left.");
  });
  await clickCreate();
  expect(await screen.findByText("Nothing is left.")).toBeVisible();
  world.refusal = null;
  await clickCreate();
  expect(await screen.findByText("ana-1 is on its way")).toBeVisible();
  expect(puts().filter((each) => each.path.endsWith("/workspaces/main"))).toHaveLength(1);
});

test("who may make no workspace is told whom to ask, and can check again", async () => {
  const { world } = await welcome((world) => {
    world.workspaces = [];
    world.actions = ["*/read"];
  });
  expect(await screen.findByText(/your user name is ana/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "Create my instance" })).toBeNull();
  world.actions = ["*"];
  world.workspaces = ["main"];
  await userEvent.click(screen.getByRole("button", { name: "Check again" }));
  expect(await createButton()).toBeVisible();
});

test("who may only look at a workspace is told so", async () => {
  await welcome((world) => {
    world.actions = ["*/read"];
  });
  expect(await screen.findByText(/Your role in main lets you look/)).toBeVisible();
  expect(screen.getByRole("link", { name: "Look around" })).toHaveAttribute(
    "href",
    "/workspaces/team/main",
  );
});

test("an instance that runs is a click away from its first application", async () => {
  await welcome((world) => {
    const running = servedInstance({ name: "ada" });
    running.properties.properties.applications = [
      { displayName: "Jupyter", endpointUri: "https://ada.test/tree" },
      { displayName: "Jupyter Lab", endpointUri: "https://ada.test/lab" },
    ];
    world.instances = [running];
  });
  expect(await screen.findByText("ada is ready")).toBeVisible();
  expect(screen.getByRole("link", { name: "Open Jupyter Lab" })).toHaveAttribute(
    "href",
    "https://ada.test/lab",
  );
});

test("an instance that failed says why, and another can be made", async () => {
  await welcome((world) => {
    const failed = servedInstance({ name: "ada", state: "CreateFailed" });
    failed.properties.properties.errors = [
      { error: { code: "HostFull", message: "No host has room." } },
    ];
    world.instances = [failed];
  });
  expect(await screen.findByText("ada did not start")).toBeVisible();
  expect(screen.getByText("No host has room.")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Make another one" }));
  await clickCreate();
  expect(await screen.findByText("ana-1 is on its way")).toBeVisible();
});

test("an instance that was stopped is started", async () => {
  const { asked } = await welcome((world) => {
    world.instances = [servedInstance({ name: "ada", state: "Stopped" })];
  });
  await userEvent.click(await screen.findByRole("button", { name: "Start" }));
  await waitFor(() => expect(asked.some((each) => each.path.endsWith("ada/start"))).toBe(true));
});

test("somebody else's instance is not taken for the person's own", async () => {
  await welcome((world) => {
    world.instances = [servedInstance({ name: "theirs", owner: "somebody else" })];
  });
  expect(await createButton()).toBeVisible();
});
