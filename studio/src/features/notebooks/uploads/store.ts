/**
 * Files on their way to the share. They go on while other pages of the studio are looked at, so
 * they are kept here and not in a page.
 */
import { useSyncExternalStore } from "react";
import { sendFile } from "@/api/uploads";
import type { Place } from "@/app/where";

export interface Upload {
  readonly id: number;
  readonly place: Place;
  readonly path: string;
  readonly sizeBytes: number;
  readonly sentBytes: number;
  readonly state: "waiting" | "sending" | "done" | "failed";
  readonly error: unknown;
}

export interface Wanted {
  readonly place: Place;
  readonly path: string;
  readonly file: Blob;
  readonly replace: boolean;
}

interface Job {
  readonly wanted: Wanted;
  readonly abort: AbortController;
}

/** How many go out at a time. */
const AT_ONCE = 3;

let uploads: readonly Upload[] = [];
let lastId = 0;
const jobs = new Map<number, Job>();
const listeners = new Set<() => void>();

function tell(next: readonly Upload[]): void {
  uploads = next;
  for (const each of listeners) each();
}

function change(id: number, what: Partial<Upload>): void {
  tell(uploads.map((each) => (each.id === id ? { ...each, ...what } : each)));
}

/** Send files; each is seen until it is dismissed. */
export function upload(wanted: readonly Wanted[]): void {
  const added = wanted.map((each): Upload => {
    const id = ++lastId;
    jobs.set(id, { wanted: each, abort: new AbortController() });
    const { place, path, file } = each;
    const { size: sizeBytes } = file;
    return { id, place, path, sizeBytes, sentBytes: 0, state: "waiting", error: null };
  });
  tell([...uploads, ...added]);
  next();
}

function next(): void {
  const sending = uploads.filter((each) => each.state === "sending").length;
  const waiting = uploads.filter((each) => each.state === "waiting");
  for (const each of waiting.slice(0, AT_ONCE - sending)) void send(each.id);
}

async function send(id: number): Promise<void> {
  const job = jobs.get(id);
  if (!job) return;
  change(id, { state: "sending" });
  try {
    const onProgress = (sentBytes: number) => change(id, { sentBytes });
    await sendFile({ ...job.wanted, onProgress, signal: job.abort.signal });
    change(id, { state: "done" });
    jobs.delete(id);
  } catch (error) {
    if (!job.abort.signal.aborted) change(id, { state: "failed", error });
  }
  next();
}

/** End one that is on its way, or forget one that is not. */
export function cancel(id: number): void {
  jobs.get(id)?.abort.abort();
  jobs.delete(id);
  tell(uploads.filter((each) => each.id !== id));
  next();
}

/** Try one that failed again; `replace` where it failed because a file was there. */
export function again(id: number, replace: boolean): void {
  const job = jobs.get(id);
  if (!job) return;
  jobs.set(id, { wanted: { ...job.wanted, replace }, abort: new AbortController() });
  change(id, { state: "waiting", sentBytes: 0, error: null });
  next();
}

/** Forget those that are done or failed. */
export function dismiss(): void {
  for (const each of uploads) if (each.state === "failed") jobs.delete(each.id);
  tell(uploads.filter(isOnItsWay));
}

export function isOnItsWay(upload: Upload): boolean {
  return upload.state === "waiting" || upload.state === "sending";
}

export function useUploads(): readonly Upload[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => uploads,
  );
}

/** Leaving the studio would end them: the browser asks. */
if (typeof addEventListener === "function") {
  addEventListener("beforeunload", (event) => {
    if (uploads.some(isOnItsWay)) event.preventDefault();
  });
}
