import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { again, cancel, dismiss, upload, useUploads } from "@/features/notebooks/uploads/store";
import { PLACE } from "@/testing/instances";

/** The network: requests that answer when a test says so. */
class FakeRequest extends EventTarget {
  static all: FakeRequest[] = [];
  readonly upload = new EventTarget();
  readonly headers = new Map<string, string>();
  status = 0;
  responseText = "";
  url = "";
  aborted = false;

  constructor() {
    super();
    FakeRequest.all.push(this);
  }
  open(_method: string, url: string) {
    this.url = url;
  }
  setRequestHeader(name: string, value: string) {
    this.headers.set(name, value);
  }
  send() {}
  abort() {
    this.aborted = true;
    this.dispatchEvent(new Event("abort"));
  }
  async answer(status: number, body: unknown = {}) {
    this.status = status;
    this.responseText = JSON.stringify(body);
    await act(async () => this.dispatchEvent(new Event("load")));
  }
}

beforeEach(() => {
  FakeRequest.all = [];
  vi.stubGlobal("XMLHttpRequest", FakeRequest);
});

function file(path: string, replace = false) {
  return { place: PLACE, path, file: new Blob(["1234"]), replace };
}

function watched() {
  const { result } = renderHook(() => useUploads());
  return () => result.current.map((each) => `${each.path} ${each.state}`);
}

function clear() {
  act(() => dismiss());
}

test("three are sent at a time, and the next when one is done", async () => {
  const states = watched();
  act(() => upload(["a", "b", "c", "d"].map((path) => file(path))));
  expect(states()).toEqual(["a sending", "b sending", "c sending", "d waiting"]);
  await FakeRequest.all[1]?.answer(201);
  expect(states()).toEqual(["a sending", "b done", "c sending", "d sending"]);
  for (const each of FakeRequest.all) if (!each.status) await each.answer(201);
  clear();
  expect(states()).toEqual([]);
});

test("what is there is replaced only where a person said so", async () => {
  const states = watched();
  act(() => upload([file("new"), file("old", true)]));
  const [first, second] = FakeRequest.all;
  expect(first?.headers.get("If-None-Match")).toBe("*");
  expect(second?.headers.has("If-None-Match")).toBe(false);
  await second?.answer(200);
  await first?.answer(412, { error: { code: "ConditionNotMet", message: "It is there." } });
  expect(states()).toEqual(["new failed", "old done"]);
  const [failed] = renderHook(() => useUploads()).result.current;
  act(() => again(failed?.id ?? 0, true));
  expect(FakeRequest.all[2]?.headers.has("If-None-Match")).toBe(false);
  await FakeRequest.all[2]?.answer(200);
  expect(states()).toEqual(["new done", "old done"]);
  clear();
});

test("one that is cancelled ends and is gone, and the others go on", async () => {
  const states = watched();
  act(() => upload(["a", "b", "c", "d"].map((path) => file(path))));
  const [first] = renderHook(() => useUploads()).result.current;
  await act(async () => cancel(first?.id ?? 0));
  expect(FakeRequest.all[0]?.aborted).toBe(true);
  expect(states()).toEqual(["b sending", "c sending", "d sending"]);
  for (const each of FakeRequest.all) if (!each.aborted) await each.answer(201);
  clear();
});

test("how much has gone out is told", async () => {
  act(() => upload([file("a")]));
  const { result } = renderHook(() => useUploads());
  act(() => {
    const progress = new ProgressEvent("progress", { loaded: 3 });
    FakeRequest.all[0]?.upload.dispatchEvent(progress);
  });
  expect(result.current[0]).toMatchObject({ sentBytes: 3, sizeBytes: 4 });
  await FakeRequest.all[0]?.answer(201);
  clear();
});
