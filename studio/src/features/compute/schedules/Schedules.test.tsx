import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { readInstance } from "@/api/computes";
import type { Schedule } from "@/api/schedules";
import { NextFiring } from "@/features/compute/schedules/NextFiring";
import { written } from "@/features/compute/schedules/plan";
import { Schedules } from "@/features/compute/schedules/Schedules";
import { chooseLanguage } from "@/lib/i18n";
import { answering, json, refused } from "@/testing/answers";
import { servedInstance } from "@/testing/instances";
import { show } from "@/testing/show";

const WORKING = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"] as const;

const EVENING: Schedule = {
  ...written({ action: "Stop", days: WORKING, time: "18:00", zone: "Asia/Seoul" }),
  id: "evening",
  nextFireTime: "2026-06-01T09:00:00.000000Z",
  lastFiring: null,
};
const ODD: Schedule = {
  id: "odd",
  status: "Disabled",
  action: "Start",
  triggerType: "Cron",
  cron: { expression: "*/5 8 * * *", timeZone: "Korea Standard Time" },
  nextFireTime: null,
  lastFiring: {
    dueTime: "2026-06-01T08:00:00Z",
    result: "Refused",
    reason: "Cannot start compute 'ada': it is CreateFailed. Delete it and create it again.",
  },
};

function having(...schedules: Schedule[]) {
  const served = servedInstance();
  served.properties.properties.schedules = { computeStartStop: schedules };
  return readInstance(served);
}

async function page(schedules: Schedule[], answer = () => json({})) {
  const asked = answering((each) => (each.method === "POST" ? answer() : json({ value: [] })));
  await show(<Schedules instance={having(...schedules)} />);
  const sent = () =>
    asked
      .filter((each) => each.path.endsWith("/computes/ada/updateSchedules"))
      .map((each) => JSON.parse(each.body).computeStartStop);
  return { sent };
}

const EVENING_WORDS = "Stops at 18:00 Seoul time, Monday to Friday";

test("schedules are told in words, with what became of them", async () => {
  await page([EVENING, ODD]);
  expect(screen.getByText(EVENING_WORDS)).toBeVisible();
  expect(screen.getByText("Starts by */5 8 * * *, Korea Standard Time")).toBeVisible();
  expect(screen.getByText(/Delete it and create it again/)).toBeVisible();
  expect(screen.getByRole("switch", { name: `On: ${EVENING_WORDS}` })).toBeChecked();
  expect(screen.getByText(/^Next: .*2026/)).toBeVisible();
});

test("one is added with the person's own zone, on working days, and others stay", async () => {
  const { sent } = await page([EVENING]);
  await userEvent.click(screen.getByRole("button", { name: "Add a schedule" }));
  const dialog = within(await screen.findByRole("dialog"));
  await userEvent.selectOptions(dialog.getByLabelText("What to do"), "Start");
  await userEvent.click(dialog.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent()).toHaveLength(1));
  const [kept, added] = sent()[0];
  expect(kept.id).toBe("evening");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  expect(added).toEqual(written({ action: "Start", days: WORKING, time: "18:00", zone }));
});

test("one is changed and keeps its id", async () => {
  const { sent } = await page([EVENING]);
  await userEvent.click(screen.getByRole("button", { name: `Change: ${EVENING_WORDS}` }));
  const dialog = within(await screen.findByRole("dialog"));
  await userEvent.click(dialog.getByRole("checkbox", { name: "Sat" }));
  await userEvent.click(dialog.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent()).toHaveLength(1));
  const [changed] = sent()[0];
  expect(changed.id).toBe("evening");
  expect(changed.recurrence.schedule.weekDays).toEqual([...WORKING, "Saturday"]);
});

test("a day at least must be chosen", async () => {
  await page([
    { ...EVENING, ...written({ action: "Stop", days: ["Monday"], time: "18:00", zone: "UTC" }) },
  ]);
  await userEvent.click(screen.getByRole("button", { name: /^Change: / }));
  const dialog = within(await screen.findByRole("dialog"));
  await userEvent.click(dialog.getByRole("checkbox", { name: "Mon" }));
  expect(dialog.getByRole("button", { name: "Save" })).toBeDisabled();
});

test("one is turned off, and what a form cannot say is sent back as it was", async () => {
  const { sent } = await page([EVENING, ODD]);
  await userEvent.click(screen.getByRole("switch", { name: `On: ${EVENING_WORDS}` }));
  await waitFor(() => expect(sent()).toHaveLength(1));
  expect(sent()[0][0].status).toBe("Disabled");
  expect(sent()[0][1].cron).toEqual(ODD.cron);
  expect(screen.queryByRole("button", { name: /^Change: Starts/ })).toBeNull();
});

test("one is removed", async () => {
  const { sent } = await page([EVENING, ODD]);
  await userEvent.click(screen.getByRole("button", { name: `Remove: ${EVENING_WORDS}` }));
  await waitFor(() => expect(sent()).toHaveLength(1));
  expect(sent()[0].map((each: Schedule) => each.id)).toEqual(["odd"]);
});

test("a refusal is told", async () => {
  await page([EVENING], () => refused(403, "AuthorizationFailed", "You may not."));
  await userEvent.click(screen.getByRole("switch"));
  expect(await screen.findByText("You may not.")).toBeVisible();
});

test("a refusal of what was filled in is told above it", async () => {
  await page([EVENING], () => refused(403, "AuthorizationFailed", "You may not."));
  await userEvent.click(screen.getByRole("button", { name: "Add a schedule" }));
  const dialog = await screen.findByRole("dialog");
  await userEvent.click(within(dialog).getByRole("button", { name: "Save" }));
  expect(await within(dialog).findByText("You may not.")).toBeVisible();
  await userEvent.click(within(dialog).getByRole("button", { name: "Cancel" }));
  expect(screen.queryByText("You may not.")).toBeNull();
});

test("what an instance does next is told shortly, in both languages", async () => {
  await show(<NextFiring instance={having(ODD, EVENING)} />);
  expect(screen.getByText("Stops at 18:00 Seoul time")).toBeVisible();
  await chooseLanguage("ko");
  expect(await screen.findByText("Seoul 시간 18:00에 중지")).toBeVisible();
  await chooseLanguage("en");
});

test("nothing is told of one that does nothing by itself", async () => {
  const { container } = await show(<NextFiring instance={having(ODD)} />);
  expect(container).not.toHaveTextContent(/Starts|Stops/);
});
