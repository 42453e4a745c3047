import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { Instance } from "@/api/computes";
import type { Status } from "@/api/status";
import { Activity } from "@/features/compute/details/Activity";
import { IdleShutdown } from "@/features/compute/details/IdleShutdown";
import { Overview } from "@/features/compute/details/Overview";
import { RowUse } from "@/features/compute/list/RowUse";
import { answering, json, refused } from "@/testing/answers";
import { instance } from "@/testing/instances";
import { show } from "@/testing/show";

const minutes = (count: number) => new Date(Date.now() + count * 60_000).toISOString();

function status(told: Partial<Status> = {}): Status {
  const activity = { lastActivity: null, busy: false, reasons: [] };
  const agent = { startedAt: minutes(-99), applications: [], usage: null, activity };
  const known = { busy: [], idleSince: null, shutdownAt: null, warnings: [] };
  return { state: "Running", reachable: true, message: null, ...agent, ...known, ...told };
}

/** Answer with this status; everything else as `others` says. */
const telling = (told: Partial<Status>, others: () => Response = () => json({})) =>
  answering(({ path }) => (path.endsWith("/status") ? json(status(told)) : others()));

const IDLE = { idleSince: minutes(-12.5), shutdownAt: minutes(18.5) };
const BUSY = { busy: ["The kernel of train.ipynb is busy."] };
const LIMITED = instance({ idle: "PT30M" });
const field = () => screen.findByRole("spinbutton", { name: "Shut down when idle" });
const save = () => userEvent.click(screen.getByRole("button", { name: "Set idle time" }));

test("a row says how idle its instance is, and when it stops", async () => {
  telling(IDLE);
  await show(<RowUse instance={LIMITED} />);
  expect(await screen.findByText("Idle for 12 min, stops in 18 minutes")).toBeVisible();
});

test("a row says what keeps its instance awake", async () => {
  telling(BUSY);
  await show(<RowUse instance={LIMITED} />);
  expect(await screen.findByText("In use: The kernel of train.ipynb is busy.")).toBeVisible();
});

test.each<[string, Instance]>([
  ["has no limit", instance()],
  ["does not run", instance({ state: "Stopped", idle: "PT30M" })],
])("the agent of an instance that %s is not asked for its row", async (_, each) => {
  const asked = telling(IDLE);
  await show(<RowUse instance={each} />);
  await Promise.resolve();
  expect(asked).toEqual([]);
});

test("what nobody knows is not said", async () => {
  const asked = telling({});
  const { container } = await show(<RowUse instance={LIMITED} />);
  await waitFor(() => expect(asked).toHaveLength(1));
  expect(container).not.toHaveTextContent(/idle|use/i);
});

test("the activity says since when an instance without a limit is idle", async () => {
  telling({ idleSince: minutes(-130) });
  await show(<Activity instance={instance()} />);
  expect(await screen.findByText("Idle for 2 hr")).toBeVisible();
});

test("the details say when it stops, and let it be changed", async () => {
  const asked = telling(IDLE);
  await show(<IdleShutdown instance={LIMITED} />);
  expect(
    await screen.findByText(/^Stops after 30 minutes without use. Idle for 12 min/),
  ).toBeVisible();
  expect(await field()).toHaveValue(30);
  await userEvent.clear(await field());
  await userEvent.type(await field(), "60");
  await save();
  await waitFor(() => expect(asked.some((each) => each.method === "POST")).toBe(true));
  const sent = asked.find((each) => each.method === "POST");
  expect(sent?.path).toMatch(/computes\/ada\/updateIdleShutdownSetting$/);
  expect(JSON.parse(sent?.body ?? "")).toEqual({ idleTimeBeforeShutdown: "PT60M" });
});

test("an empty field switches it off", async () => {
  const asked = telling(IDLE);
  await show(<IdleShutdown instance={LIMITED} />);
  await userEvent.clear(await field());
  await save();
  await waitFor(() => expect(asked.some((each) => each.method === "POST")).toBe(true));
  const sent = asked.find((each) => each.method === "POST");
  expect(JSON.parse(sent?.body ?? "")).toEqual({ idleTimeBeforeShutdown: null });
});

test("a refusal is told, and what was typed stays", async () => {
  telling(IDLE, () => refused(403, "AuthorizationFailed", "You may not."));
  await show(<IdleShutdown instance={instance()} />);
  expect(screen.getByText(/Does not stop by itself/)).toBeVisible();
  await userEvent.type(await field(), "45");
  await save();
  expect(await screen.findByText("You may not.")).toBeVisible();
  expect(await field()).toHaveValue(45);
});

test("the overview shows it where the region can do it, and why an instance was stopped", async () => {
  telling(IDLE);
  const last = { name: "Stop", trigger: "IdleShutdown" };
  const stopped = instance({ state: "Stopped", idle: "PT30M", last });
  const { unmount } = await show(<Overview instance={stopped} isolation={null} features={{}} />);
  expect(screen.getByText(/^Stop because it was idle: succeeded/)).toBeVisible();
  expect(screen.queryByText("Idle shutdown")).toBeNull();
  unmount();
  await show(<Overview instance={stopped} isolation={null} features={{ idleShutdown: true }} />);
  expect(screen.getByText("Idle shutdown")).toBeVisible();
});
