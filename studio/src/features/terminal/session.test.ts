import { afterEach, expect, test, vi } from "vitest";
import { session } from "@/features/terminal/session";

const ORIGIN = "http://ci1.studiolo.localhost:8480";

afterEach(() => {
  vi.useRealTimers();
});

function frames(): HTMLIFrameElement[] {
  return [...document.querySelectorAll("iframe")];
}

function told(data: object, origin = ORIGIN): void {
  const source = frames()[0]?.contentWindow ?? null;
  dispatchEvent(new MessageEvent("message", { data, origin, source }));
}

test("a hidden frame fetches the session, and goes away", async () => {
  const asked = Promise.all([session(ORIGIN), session(ORIGIN)]);
  expect(frames().map((each) => [each.src, each.hidden])).toEqual([
    [`${ORIGIN}/_studiolo/ready`, true],
  ]);
  told({ type: "studiolo-ready" });
  await asked;
  expect(frames()).toEqual([]);
});

test("what another origin says is not believed", async () => {
  vi.useFakeTimers();
  const asked = session(ORIGIN);
  const failed = expect(asked).rejects.toThrow("did not answer");
  told({ type: "studiolo-ready" }, "http://evil.localhost");
  await vi.advanceTimersByTimeAsync(60_000);
  await failed;
});

test("a refusal is told with the gate's own sentence", async () => {
  const asked = session(ORIGIN);
  told({ type: "studiolo-refused", status: 503, code: "A", message: "Wait.", retryAfter: 2 });
  told({
    type: "studiolo-refused",
    status: 403,
    code: "B",
    message: "Not yours.",
    retryAfter: null,
  });
  await expect(asked).rejects.toMatchObject({ status: 403, code: "B", message: "Not yours." });
});
