/** What runs inside an instance at this moment, as its agent says. */
import { queryOptions } from "@tanstack/react-query";
import { request } from "@/api/client";
import { computesKey, computesUrl } from "@/api/computes";
import type { Place } from "@/app/where";

export interface Disk {
  readonly usedBytes: number;
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface Gpu {
  readonly index: number;
  readonly name: string;
  readonly utilizationPercent: number | null;
  readonly memoryUsedBytes: number | null;
  readonly memoryTotalBytes: number | null;
}

export interface Usage {
  /** One processor is 100. */
  readonly cpuPercent: number | null;
  readonly memoryBytes: number | null;
  readonly memoryLimitBytes: number | null;
  readonly disks?: Readonly<Record<string, Disk>>;
  readonly networkRxBytes?: number | null;
  readonly networkTxBytes?: number | null;
  readonly gpus?: readonly Gpu[];
  readonly processes?: number | null;
  /** Of the one disk of a machine that has no disks of its own. */
  readonly diskUsedBytes?: number | null;
  readonly diskFreeBytes?: number | null;
  readonly diskTotalBytes?: number | null;
}

/** The machine's disks by name; `only` is what to call the one of a machine that names none. */
export function disksOf(usage: Usage, only: string): readonly (readonly [string, Disk])[] {
  const named = Object.entries(usage.disks ?? {});
  const { diskUsedBytes: usedBytes, diskFreeBytes: freeBytes, diskTotalBytes: totalBytes } = usage;
  if (named.length > 0) return named;
  if (typeof usedBytes !== "number" || typeof freeBytes !== "number" || !totalBytes) return [];
  return [[only, { usedBytes, freeBytes, totalBytes }]];
}

export interface RunningApplication {
  readonly name: string;
  readonly displayName: string;
  readonly state: string;
  readonly lastActivity: string | null;
  readonly busy: boolean;
  readonly lastError: string | null;
  readonly restarts: number;
}

export interface Status {
  readonly state: string;
  readonly reachable: boolean;
  readonly message: string | null;
  readonly startedAt: string | null;
  readonly applications: readonly RunningApplication[];
  readonly usage: Usage | null;
  readonly warnings: readonly string[];
  readonly activity: {
    readonly lastActivity: string | null;
    readonly busy: boolean;
    readonly reasons: readonly string[];
  } | null;
  /** What it is used for, in sentences. */
  readonly busy: readonly string[];
  /** Null while it is used, and where nobody knows. */
  readonly idleSince: string | null;
  /** When it stops if nobody uses it before. */
  readonly shutdownAt: string | null;
}

export function statusQuery(place: Place, name: string) {
  return queryOptions({
    queryKey: [...computesKey(place), name, "status"],
    queryFn: async ({ signal }): Promise<Status> =>
      (await request(computesUrl(place, name, "status"), { signal })).json(),
    staleTime: 0,
  });
}

/** Names of an instance's logs. */
export function logsQuery(place: Place, name: string) {
  return queryOptions({
    queryKey: [...computesKey(place), name, "logs"],
    queryFn: async ({ signal }): Promise<string[]> => {
      const answer = await request(computesUrl(place, name, "logs"), { signal });
      const served: { value: { name: string }[] } = await answer.json();
      return served.value.map((each) => each.name);
    },
  });
}

/** The last lines of a log. */
export function logQuery(place: Place, name: string, log: string, tail: number) {
  return queryOptions({
    queryKey: [...computesKey(place), name, "logs", log, tail],
    queryFn: async ({ signal }): Promise<string> =>
      (await request(`${computesUrl(place, name, "logs", log)}&tail=${tail}`, { signal })).text(),
    staleTime: 0,
  });
}
