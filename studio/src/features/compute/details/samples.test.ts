import { expect, test } from "vitest";
import type { Status, Usage } from "@/api/status";
import { added, KEPT, type Sample } from "@/features/compute/details/samples";

const NOTHING: Usage = { cpuPercent: null, memoryBytes: null, memoryLimitBytes: null };

function status(usage: Partial<Usage> | null): Status {
  return {
    state: "Running",
    reachable: true,
    message: null,
    startedAt: null,
    applications: [],
    usage: usage && { ...NOTHING, ...usage },
    warnings: [],
    activity: null,
    busy: [],
    idleSince: null,
    shutdownAt: null,
  };
}

const network = (networkRxBytes: number, networkTxBytes = 0) =>
  status({ networkRxBytes, networkTxBytes });

function after(...told: readonly (readonly [number, Status])[]): readonly Sample[] {
  return told.reduce<readonly Sample[]>((all, [at, each]) => added(all, each, at), []);
}

test("a first sample has no rate, as there is nothing to compare with", () => {
  const [first] = after([100, network(5000)]);
  expect([first?.received, first?.sent]).toEqual([null, null]);
});

test("a rate is what came since the sample before, by its seconds", () => {
  const last = after([100, network(5000, 100)], [104, network(9000, 300)]).at(-1);
  expect([last?.received, last?.sent]).toEqual([1000, 50]);
});

test("counters that began anew are no negative rate", () => {
  expect(after([100, network(5000)], [102, network(10)]).at(-1)?.received).toBeNull();
});

test("two answers at one moment are no infinite rate", () => {
  expect(after([100, network(5000)], [100, network(6000)]).at(-1)?.received).toBeNull();
});

test("a machine that counts no network has no rate", () => {
  expect(after([100, status({})], [102, status({})]).at(-1)?.received).toBeNull();
});

test("an answer without figures adds nothing", () => {
  const before = after([100, network(1)]);
  expect(added(before, status(null), 102)).toBe(before);
});

test("what is older than the chart is forgotten", () => {
  const all = after([0, network(1)], [1, network(2)], [KEPT + 0.5, network(3)]);
  expect(all.map((each) => each.at)).toEqual([1, KEPT + 0.5]);
});

test("each GPU has its own figure, also one that says nothing", () => {
  const gpu = (index: number, utilizationPercent: number | null) => ({
    index,
    name: "A100",
    utilizationPercent,
    memoryUsedBytes: null,
    memoryTotalBytes: null,
  });
  const [only] = after([1, status({ cpuPercent: 150, gpus: [gpu(0, 40), gpu(1, null)] })]);
  expect([only?.cpu, only?.gpus]).toEqual([150, [40, null]]);
});
