import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "@/api/errors";
import { Line, type LineState, PAUSES_MS } from "@/features/terminal/line";

class FakeSocket {
  static all: FakeSocket[] = [];
  readonly sent: unknown[] = [];
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.onclose?.();
  }

  says(...message: unknown[]): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  static get last(): FakeSocket {
    const last = FakeSocket.all.at(-1);
    if (!last) throw new Error("no socket was opened");
    return last;
  }
}

const URL = "ws://ci1.studiolo.localhost/terminals/websocket/studio_1";
let heard: string[];
let states: LineState[];
let prepare: () => Promise<void>;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.all = [];
  heard = [];
  states = [];
  prepare = async () => {};
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function line(mayExist = false): Line {
  return new Line(
    URL,
    () => prepare(),
    {
      state: (state) => states.push(state),
      setup: (replay) => heard.push(replay ? "<again>" : "<new>"),
      output: (text) => heard.push(text),
    },
    mayExist,
  );
}

async function opened(mayExist = false): Promise<Line> {
  const made = line(mayExist);
  made.resize(24, 80);
  made.connect();
  await vi.advanceTimersByTimeAsync(0);
  FakeSocket.last.says("setup", {});
  return made;
}

test("what is typed and the size go out, and what is printed comes in", async () => {
  const made = await opened();
  FakeSocket.last.says("stdout", "$ ");
  expect(made.type("ls\r")).toBe(true);
  made.resize(30, 100);
  expect(FakeSocket.last.url).toBe(URL);
  expect(FakeSocket.last.sent).toEqual([
    ["set_size", 24, 80],
    ["stdin", "ls\r"],
    ["set_size", 30, 100],
  ]);
  expect(heard).toEqual(["<new>", "$ "]);
});

test("nothing is typed into a line that is not open", () => {
  expect(line().type("rm -r x\r")).toBe(false);
});

test("a cut line comes back by itself, to a shell that sends its output again", async () => {
  const made = await opened();
  FakeSocket.last.close();
  expect(made.state).toEqual({ is: "connecting", failures: 1 });
  await vi.advanceTimersByTimeAsync(PAUSES_MS[0]);
  expect(FakeSocket.all).toHaveLength(2);
  FakeSocket.last.says("setup", {});
  expect(heard).toEqual(["<new>", "<again>"]);
  expect(made.state).toEqual({ is: "open", again: true });
  expect(FakeSocket.last.sent).toEqual([["set_size", 24, 80]]);
});

test("attempts that fail are made less and less often, but never given up", async () => {
  const made = await opened();
  for (const pause of [...PAUSES_MS, PAUSES_MS.at(-1) ?? 0]) {
    FakeSocket.last.close();
    const before = FakeSocket.all.length;
    await vi.advanceTimersByTimeAsync(pause - 1);
    expect(FakeSocket.all).toHaveLength(before);
    await vi.advanceTimersByTimeAsync(1);
    expect(FakeSocket.all).toHaveLength(before + 1);
  }
  expect(made.state).toEqual({ is: "connecting", failures: PAUSES_MS.length + 1 });
});

test("hurrying does not wait for the next attempt, and makes only one", async () => {
  const made = await opened();
  FakeSocket.last.close();
  made.hurry();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(FakeSocket.all).toHaveLength(2);
});

test("a shell that has ended is not called again, until somebody asks for another", async () => {
  const made = await opened(true);
  FakeSocket.last.says("disconnect", 1);
  FakeSocket.last.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(made.state).toEqual({ is: "ended" });
  expect(FakeSocket.all).toHaveLength(1);
  made.connect();
  await vi.advanceTimersByTimeAsync(0);
  FakeSocket.last.says("setup", {});
  expect(heard).toEqual(["<again>", "<new>"]);
});

test("a line that is hung up stays so, also when its session comes later", async () => {
  let ready = () => {};
  prepare = () => new Promise((resolve) => (ready = resolve));
  const made = line();
  made.connect();
  made.close();
  ready();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(FakeSocket.all).toHaveLength(0);
  expect(made.state).toEqual({ is: "off" });
});

test("a refusal is final; a sign-in that has ended is asked for again", async () => {
  prepare = async () => {
    throw new ApiError(401, "AuthenticationFailed", "The session has ended.");
  };
  const made = line();
  made.connect();
  await vi.advanceTimersByTimeAsync(0);
  expect(made.state).toEqual({ is: "connecting", failures: 1 });
  const refusal = new ApiError(403, "AuthorizationFailed", "Not yours.");
  prepare = async () => {
    throw refusal;
  };
  await vi.advanceTimersByTimeAsync(60_000);
  expect(made.state).toEqual({ is: "refused", error: refusal });
  expect(FakeSocket.all).toHaveLength(0);
});
