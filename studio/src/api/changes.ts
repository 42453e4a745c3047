/** What Studiolo can do with an instance that Azure cannot: resize, keep, put back, copy, renew. */
import { queryOptions } from "@tanstack/react-query";
import { request, sendJson } from "@/api/client";
import { computesKey, computesUrl } from "@/api/computes";
import type { Place } from "@/app/where";

export interface Snapshot {
  readonly name: string;
  readonly createdOn: string;
}

interface ServedSnapshot {
  name: string;
  properties: { createdOn: string };
}

export function snapshotsQuery(place: Place, name: string) {
  return queryOptions({
    queryKey: [...computesKey(place), name, "snapshots"],
    queryFn: async ({ signal }): Promise<Snapshot[]> => {
      const answer = await request(computesUrl(place, name, "snapshots"), { signal });
      const served: { value: ServedSnapshot[] } = await answer.json();
      return served.value.map((each) => ({
        name: each.name,
        createdOn: each.properties.createdOn,
      }));
    },
  });
}

export const takeSnapshot = (place: Place, name: string, snapshot: string) =>
  sendJson("PUT", computesUrl(place, name, "snapshots", snapshot), {});

export const deleteSnapshot = (place: Place, name: string, snapshot: string) =>
  request(computesUrl(place, name, "snapshots", snapshot), { method: "DELETE" });

/** Put the machine back to how it was; what was done since is lost. */
export const restoreSnapshot = (place: Place, name: string, snapshot: string) =>
  request(computesUrl(place, name, "snapshots", snapshot, "restore"), { method: "POST" });

/** Start anew on the newest image; the home stays. */
export const reimage = (place: Place, name: string) =>
  request(computesUrl(place, name, "reimage"), { method: "POST" });

export const clone = (place: Place, name: string, copy: string) =>
  sendJson("POST", computesUrl(place, name, "clone"), { name: copy });

export interface Resize {
  readonly targetVMSize?: string;
  readonly homeDiskSizeGiB?: number;
  readonly rootDiskSizeGiB?: number;
}

export const resize = (place: Place, name: string, to: Resize) =>
  sendJson("POST", computesUrl(place, name, "resize"), to);

/** Stop it after so long without use, as `PT30M`; null for never. */
export const setIdleTime = (place: Place, name: string, idleTimeBeforeShutdown: string | null) =>
  sendJson("POST", computesUrl(place, name, "updateIdleShutdownSetting"), {
    idleTimeBeforeShutdown,
  });

/** Change the description or the tags. */
export const describe = (
  place: Place,
  name: string,
  part: { readonly description: string; readonly tags: Readonly<Record<string, string>> },
) =>
  sendJson("PATCH", computesUrl(place, name), {
    tags: part.tags,
    properties: { description: part.description },
  });
