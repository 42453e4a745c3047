/** Figures of an instance over the last minutes, as they come in. */
import type { Status, Usage } from "@/api/status";

export interface Sample {
  /** Seconds since 1970. */
  readonly at: number;
  /** One processor is 100. */
  readonly cpu: number | null;
  readonly memory: number | null;
  /** Bytes a second since the sample before. */
  readonly received: number | null;
  readonly sent: number | null;
  /** Percent, of each GPU. */
  readonly gpus: readonly (number | null)[];
  readonly usage: Usage;
}

/** Seconds of history that are kept. */
export const KEPT = 600;

/** Add what the agent says now; a restart of its counters is not a negative rate. */
export function added(samples: readonly Sample[], status: Status, now: number): readonly Sample[] {
  const { usage } = status;
  if (!usage) return samples;
  const last = samples.at(-1);
  const sample: Sample = {
    at: now,
    cpu: usage.cpuPercent,
    memory: usage.memoryBytes,
    received: rate(last, usage.networkRxBytes, last?.usage.networkRxBytes, now),
    sent: rate(last, usage.networkTxBytes, last?.usage.networkTxBytes, now),
    gpus: (usage.gpus ?? []).map((each) => each.utilizationPercent),
    usage,
  };
  return [...samples.filter((each) => each.at > now - KEPT), sample];
}

function rate(
  last: Sample | undefined,
  count: number | null | undefined,
  before: number | null | undefined,
  now: number,
): number | null {
  if (!last || typeof count !== "number" || typeof before !== "number") return null;
  const seconds = now - last.at;
  return seconds > 0 && count >= before ? (count - before) / seconds : null;
}
