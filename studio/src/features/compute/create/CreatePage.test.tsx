import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { Page, withinStudio } from "@/features/compute/create/CreatePage";
import { usualPlan, written } from "@/features/compute/schedules/plan";
import { answering, json, refused } from "@/testing/answers";
import { servedInstance } from "@/testing/instances";
import { regional } from "@/testing/region";
import { show } from "@/testing/show";

const WORKSPACE = {
  id: "/subscriptions/s1/resourceGroups/team/providers/Microsoft.MachineLearningServices/workspaces/main",
  name: "main",
  location: "local",
  properties: {},
};

interface World extends NonNullable<Parameters<typeof regional>[1]> {
  /** The answer to the request for an instance; by default that it is made. */
  readonly put?: () => Response;
}

async function form(world: World = {}, query = "") {
  const asked = answering((each) => {
    const region = regional(each, world);
    if (region) return region;
    if (each.method === "PUT")
      return world.put?.() ?? json(servedInstance({ name: "ada", state: "Creating" }), 201);
    if (each.path.endsWith("/workspaces")) return json({ value: [WORKSPACE] });
    return refused(403, "AuthorizationFailed", "No right.");
  });
  const { router } = await show(<Page />, {
    at: `/workspaces/team/main${query}`,
    others: { "/workspaces/team/main/compute": "the list", "/here": "where it was asked for" },
  });
  const name = await screen.findByRole("textbox", { name: /^Name/ });
  await screen.findByRole("radio", { name: /DS3_v2/ });
  const puts = () => asked.filter((each) => each.method === "PUT");
  return { asked, name, puts, router };
}

const create = () => screen.getByRole("button", { name: "Create" });

async function submit(name: HTMLElement, typed = "ada") {
  await userEvent.type(name, typed);
  await waitFor(() => expect(create()).toBeEnabled());
  await userEvent.click(create());
}

test("a schedule is offered where the region has them, and sent in the API's words", async () => {
  const { name, puts } = await form({ features: { schedules: true } });
  await userEvent.type(name, "ada");
  await userEvent.click(screen.getByRole("button", { name: /^Next/ }));
  await userEvent.click(await screen.findByRole("button", { name: "Add a schedule" }));
  await waitFor(() => expect(create()).toBeEnabled());
  await userEvent.click(create());
  await waitFor(() => expect(puts()).toHaveLength(1));
  const { schedules } = JSON.parse(puts()[0]?.body ?? "").properties.properties;
  expect(schedules.computeStartStop).toEqual([written(usualPlan())]);
});

test("no schedule is offered where there are none", async () => {
  await form();
  await userEvent.click(screen.getByRole("button", { name: /^Next/ }));
  expect(await screen.findByRole("textbox", { name: "Description" })).toBeVisible();
  expect(screen.queryByRole("button", { name: "Add a schedule" })).toBeNull();
});

test("a name is asked about once typing has paused, and sent when it is free", async () => {
  const { asked, name, puts } = await form();
  await submit(name);
  expect(await screen.findByText("the list")).toBeVisible();
  const checks = asked.filter((each) => each.path.endsWith("checkComputeNameAvailability"));
  expect(checks.map((each) => JSON.parse(each.body).name)).toEqual(["ada"]);
  expect(puts()[0]?.path).toMatch(/computes\/ada$/);
  expect(JSON.parse(puts()[0]?.body ?? "")).toMatchObject({
    properties: { properties: { vmSize: "Standard_DS3_v2" } },
  });
});

test("a malformed name is told without asking, a taken one in the API's words", async () => {
  const { asked, name, puts } = await form({ taken: ["bob"] });
  await userEvent.type(name, "1x");
  expect(name).toBeInvalid();
  expect(asked.some((each) => each.path.endsWith("checkComputeNameAvailability"))).toBe(false);
  await userEvent.clear(name);
  await userEvent.type(name, "bob");
  expect(await screen.findByText("The name bob is in use.")).toBeVisible();
  expect(create()).toBeDisabled();
  expect(puts()).toEqual([]);
});

test("sizes beyond the quota cannot be chosen, and say why", async () => {
  await form({ left: { standardDSv2Family: 2 } });
  expect(screen.getByRole("radio", { name: /DS3_v2/ })).toBeDisabled();
  expect(screen.getByRole("radio", { name: /DS2_v2/ })).toBeChecked();
  expect(screen.getAllByText("2 vCPUs: too few")[0]).toBeVisible();
});

test("machines with a GPU are on the other side of the switch, and sizes are searched", async () => {
  await form();
  expect(screen.queryByRole("radio", { name: /NC6s/ })).toBeNull();
  await userEvent.click(screen.getByRole("radio", { name: "GPU" }));
  expect(screen.getByRole("radio", { name: /NC6s/ })).toBeEnabled();
  expect(screen.queryByRole("radio", { name: /DS3_v2/ })).toBeNull();
  await userEvent.type(screen.getByRole("searchbox"), "nothing");
  expect(screen.getByText("No size matches.")).toBeVisible();
});

test("an error of the first step leads back to it from the second", async () => {
  const message = "Nothing is left.";
  const put = () => json({ error: { code: "QuotaExceeded", message, target: "F" } }, 409);
  const { name } = await form({ put });
  await userEvent.type(name, "ada");
  await userEvent.click(screen.getByRole("tab", { name: "Advanced settings" }));
  await waitFor(() => expect(create()).toBeEnabled());
  await userEvent.click(create());
  expect(await screen.findByText(message)).toBeVisible();
  expect(screen.getByRole("radio", { name: /DS3_v2/ })).toBeChecked();
  expect(screen.queryByText("The instance was not created")).toBeNull();
});

test("an error about no field stands above the form, and goes with the next change", async () => {
  const put = () => refused(409, "Conflict", "The workspace is being deleted.");
  const { name } = await form({ put });
  await submit(name);
  expect(await screen.findByText("The workspace is being deleted.")).toBeVisible();
  await userEvent.type(name, "x");
  expect(screen.queryByText("The workspace is being deleted.")).toBeNull();
});

test("a name that another took meanwhile is told in the words of the check", async () => {
  const taken: string[] = [];
  const put = () => {
    taken.push("ada");
    return refused(412, "PreconditionFailed", "If-None-Match does not hold.");
  };
  const { name } = await form({ taken, put });
  await submit(name);
  expect(await screen.findByText("The name ada is in use.")).toBeVisible();
  expect(screen.queryByText("If-None-Match does not hold.")).toBeNull();
});

test("only what the region can do is asked for", async () => {
  await form({ features: { diskSizes: true } });
  await userEvent.click(screen.getByRole("tab", { name: "Advanced settings" }));
  expect(screen.getByRole("spinbutton", { name: "Home disk" })).toBeVisible();
  expect(screen.queryByRole("switch", { name: "Way out to the internet" })).toBeNull();
  expect(screen.queryByRole("combobox", { name: "Assign to another user" })).toBeNull();
  expect(screen.queryByRole("spinbutton", { name: "Shut down when idle" })).toBeNull();
});

test("an instance that is to stop when it is idle says after how many minutes", async () => {
  const refusal = {
    code: "InvalidParameter",
    message: "It is at least 15 minutes.",
    target: "properties.properties.idleTimeBeforeShutdown",
  };
  const { name, puts } = await form({
    features: { idleShutdown: true },
    put: () => json({ error: refusal }, 400),
  });
  await userEvent.type(name, "ada");
  await userEvent.click(screen.getByRole("tab", { name: "Advanced settings" }));
  await userEvent.type(screen.getByRole("spinbutton", { name: "Shut down when idle" }), "30");
  await userEvent.click(screen.getByRole("button", { name: "Back" }));
  await waitFor(() => expect(create()).toBeEnabled());
  await userEvent.click(create());
  expect(await screen.findByText("It is at least 15 minutes.")).toBeVisible();
  expect(JSON.parse(puts()[0]?.body ?? "")).toMatchObject({
    properties: { properties: { idleTimeBeforeShutdown: "PT30M" } },
  });
});

test("afterwards it goes where the address says", async () => {
  const { name } = await form({}, "?next=/here");
  await submit(name);
  expect(await screen.findByText("where it was asked for")).toBeVisible();
});

test.each([
  "//evil.test/x",
  "/\\evil.test",
  "https://evil.test",
  "javascript:alert(1)",
  "/.//evil.test",
  "",
  null,
])("%s leads nowhere", (address) => expect(withinStudio(address)).toBeNull());

test("an address of the studio is kept with its query", () => {
  expect(withinStudio("/workspaces/team/main?x=1")).toBe("/workspaces/team/main?x=1");
});
