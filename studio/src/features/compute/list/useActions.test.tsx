import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { Instance, Verb } from "@/api/computes";
import { useActions } from "@/features/compute/list/useActions";
import { answering, json, refused } from "@/testing/answers";
import { instance } from "@/testing/instances";
import { show } from "@/testing/show";

const TWO = [instance({ name: "ada" }), instance({ name: "bob" })];

function Probe({ chosen, verb }: { chosen: readonly Instance[]; verb: Verb }) {
  const { perform, busy } = useActions();
  return (
    <button type="button" disabled={busy} onClick={() => void perform(chosen, verb)}>
      Go
    </button>
  );
}

const go = async (chosen: readonly Instance[], verb: Verb) => {
  await show(<Probe {...{ chosen, verb }} />);
  await userEvent.click(screen.getByText("Go"));
};
// jsdom lays nothing out, so a busy machine finds the dialog itself among what it hides.
const answer = (name: string) => screen.findByRole("button", { name, hidden: true });
const taken = () => json({}, 202);

test("stopping several is asked for once, with their names, and goes to each", async () => {
  const asked = answering(taken);
  await go(TWO, "stop");
  expect(await screen.findByText("Stop 2 instances?")).toBeVisible();
  expect(screen.getByText(/ada, bob/)).toBeVisible();
  expect(asked).toEqual([]);
  await userEvent.click(await answer("Stop"));
  await waitFor(() => expect(asked).toHaveLength(2));
  expect(asked.map((each) => `${each.method} ${each.path.split("/").slice(-2).join("/")}`)).toEqual(
    ["POST ada/stop", "POST bob/stop"],
  );
});

test("nothing is sent after Cancel", async () => {
  const asked = answering(taken);
  await go(TWO, "delete");
  await userEvent.click(await answer("Cancel"));
  await waitFor(() => expect(screen.queryByText("Delete 2 instances?")).toBeNull());
  expect(asked).toEqual([]);
});

test("starting interrupts nobody, so it is not asked", async () => {
  const asked = answering(taken);
  await go([instance({ name: "ada", state: "Stopped" })], "start");
  await waitFor(() => expect(asked).toHaveLength(1));
  expect(asked[0]?.path).toMatch(/ada\/start$/);
});

test("only those that can be are acted on, and only they are named", async () => {
  const asked = answering(taken);
  await go([instance({ name: "ada" }), instance({ name: "bob", state: "Stopped" })], "restart");
  expect(await screen.findByText("Restart ada?")).toBeVisible();
  await userEvent.click(await answer("Restart"));
  await waitFor(() => expect(asked).toHaveLength(1));
  expect(asked[0]?.path).toMatch(/ada\/restart$/);
});

test("deleting says that the machine goes too", async () => {
  const asked = answering(taken);
  await go([instance({ name: "ada" })], "delete");
  await userEvent.click(await answer("Delete"));
  await waitFor(() => expect(asked).toHaveLength(1));
  expect(asked[0]?.method).toBe("DELETE");
  expect(asked[0]?.query.get("underlyingResourceAction")).toBe("Delete");
});

test("one refusal is told in the API's words, and the rest goes on", async () => {
  const asked = answering(({ path }) =>
    path.includes("/ada/") ? refused(403, "AuthorizationFailed", "ana may not stop ada.") : taken(),
  );
  await go(TWO, "stop");
  await userEvent.click(await answer("Stop"));
  expect(await screen.findByText("ada was not stopped")).toBeVisible();
  expect(screen.getByText("ana may not stop ada.")).toBeVisible();
  expect(asked.some((each) => each.path.endsWith("/bob/stop"))).toBe(true);
  expect(screen.getByText("Go")).toBeEnabled();
});

test("of many, six go out at a time", async () => {
  const waiting: (() => void)[] = [];
  const asked = answering(() => new Promise((done) => waiting.push(() => done(taken()))));
  const many = Array.from({ length: 20 }, (_, index) =>
    instance({ name: `n${index}`, state: "Stopped" }),
  );
  await go(many, "start");
  await waitFor(() => expect(asked).toHaveLength(6));
  waiting.shift()?.();
  await waitFor(() => expect(asked).toHaveLength(7));
  expect(screen.getByText("Go")).toBeDisabled();
});
