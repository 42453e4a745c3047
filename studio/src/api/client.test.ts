import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { answering, json, refused, silence } from "@/testing/answers";

// What is known of the connection lives in a module: each test begins with modules of its own.
let client: typeof import("@/api/client");
let connection: typeof import("@/api/connection");
let errors: typeof import("@/api/errors");
let hooks: typeof import("@testing-library/react");

beforeEach(async () => {
  vi.resetModules();
  client = await import("@/api/client");
  connection = await import("@/api/connection");
  errors = await import("@/api/errors");
  hooks = await import("@testing-library/react");
  vi.useFakeTimers();
});
afterEach(() => {
  hooks.cleanup();
  vi.useRealTimers();
});

/** What pages are told of the connection. */
const told = () => {
  const { result } = hooks.renderHook(() => connection.useConnection());
  return () => result.current;
};
const pass = (milliseconds: number) => hooks.act(() => vi.advanceTimersByTimeAsync(milliseconds));
const failing = (url = "/x", init?: RequestInit) =>
  hooks.act(() =>
    client.request(url, init).then(
      () => null,
      (error: unknown) => error,
    ),
  );

test("a refusal is the API's code, sentence, field and details", async () => {
  answering(() =>
    json(
      {
        error: {
          code: "BadRequest",
          message: "Two things are wrong.",
          target: "properties",
          details: [{ code: "TooLong", message: "The name is too long.", target: "name" }],
        },
      },
      400,
    ),
  );
  const error = await failing();
  expect(error).toBeInstanceOf(errors.ApiError);
  expect(error).toMatchObject({
    status: 400,
    code: "BadRequest",
    message: "Two things are wrong.",
    target: "properties",
    details: [{ code: "TooLong", message: "The name is too long.", target: "name" }],
  });
});

test("a refusal that is no JSON still says its status", async () => {
  answering(() => new Response("<html>", { status: 413 }));
  expect(await failing()).toMatchObject({
    status: 413,
    code: "HTTP413",
    message: "The server answered with status 413.",
  });
});

test("403 is about the one request, and the session goes on", async () => {
  const state = told();
  answering(() => refused(403, "AuthorizationFailed", "ana may not do this."));
  expect(await failing()).toMatchObject({ status: 403, message: "ana may not do this." });
  expect(state()).toEqual({ lost: false, signedOut: false });
});

test("401 says that the session has ended", async () => {
  const state = told();
  answering(() => refused(401, "Unauthenticated", "Sign in."));
  expect(await failing()).toMatchObject({ status: 401 });
  expect(state()).toEqual({ lost: false, signedOut: true });
});

test.each([
  ["no answer", silence],
  ["a gateway with nothing behind it", () => refused(503, "ServiceUnavailable", "Nobody.")],
  ["a proxy with nothing behind it", () => new Response("", { status: 502 })],
  ["a gateway that waited in vain", () => new Response("", { status: 504 })],
])("%s is a lost connection", async (_, answer) => {
  const state = told();
  answering(answer);
  expect(await failing()).toBeInstanceOf(errors.ConnectionLost);
  expect(state().lost).toBe(true);
});

test("a lost connection heals by itself, and pages are told to look again", async () => {
  const state = told();
  const healed = vi.fn();
  connection.onHealed(healed);
  let away = true;
  const asked = answering(() => (away ? silence() : json({})));
  await failing();
  await pass(5000);
  expect(state().lost).toBe(true);
  expect(healed).not.toHaveBeenCalled();
  const before = asked.length;
  expect(before).toBeGreaterThan(1);
  away = false;
  await pass(2000);
  expect(state().lost).toBe(false);
  expect(healed).toHaveBeenCalledOnce();
  await pass(60_000);
  expect(asked).toHaveLength(before + 1);
});

test("any answer heals it at once, also a refusal", async () => {
  const state = told();
  answering(silence);
  await failing();
  const asked = answering(() => refused(404, "NotFound", "It is not there."));
  expect(await failing()).toMatchObject({ status: 404 });
  expect(state().lost).toBe(false);
  await pass(60_000);
  expect(asked).toHaveLength(1);
});

test("a control plane that answers the probe by an error is still away", async () => {
  const state = told();
  answering(() => new Response("", { status: 502 }));
  await failing();
  await pass(6000);
  expect(state().lost).toBe(true);
});

test("a 503 of the API itself is about one machine, and the connection stays", async () => {
  const state = told();
  const body = { error: { code: "ServiceUnavailable", message: "The machine does not answer." } };
  const headers = { "x-ms-request-id": "1" };
  answering(() => Response.json(body, { status: 503, headers }));
  expect(await failing()).toMatchObject({ status: 503, message: "The machine does not answer." });
  expect(state().lost).toBe(false);
});

test("a request that the page itself gave up is no lost connection", async () => {
  const state = told();
  answering(() => {
    throw new DOMException("given up", "AbortError");
  });
  expect(await failing()).toMatchObject({ name: "AbortError" });
  expect(state().lost).toBe(false);
});

test("a list is read to its end, by the path of each link", async () => {
  const asked = answering(({ query }) =>
    query.get("page") === "2"
      ? json({ value: [3], nextLink: "https://elsewhere.test/list?page=3" })
      : json({ value: [4] }),
  );
  const first = { value: [1, 2], nextLink: "https://elsewhere.test/list?page=2" };
  expect(await client.allPages(first)).toEqual([1, 2, 3, 4]);
  expect(asked.map((each) => each.path)).toEqual(["/list", "/list"]);
});
