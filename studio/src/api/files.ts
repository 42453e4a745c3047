/** The workspace's file share: what is in it, and changing it. */
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { API_VERSION, allPages, request, sendJson } from "@/api/client";
import { type Place, workspaceId } from "@/app/where";

/** One thing in the share. Paths begin at its top and have no slash before or after. */
export interface Entry {
  readonly name: string;
  readonly path: string;
  /** `other` is a link, a pipe, or something whose name no path can say. */
  readonly type: "directory" | "file" | "other";
  readonly sizeBytes: number | null;
  readonly modifiedAt: string;
  readonly etag: string | null;
}

/** A file's bytes, and the version that they are. */
export interface Content {
  readonly bytes: ArrayBuffer;
  readonly etag: string;
}

/** Entries asked for at once; the most that the API gives. */
const PAGE = 10_000;

export function filesUrl(
  place: Place,
  part: "" | "content" | "directory" | "move",
  query: Readonly<Record<string, string>>,
): string {
  const base = `${workspaceId(place)}/files${part && `/${part}`}`;
  return `${base}?${new URLSearchParams({ "api-version": API_VERSION, ...query })}`;
}

export function filesKey(place: Place) {
  return ["files", place.subscription, place.group, place.workspace] as const;
}

/** What is in a folder: folders first, then by name, numbers by their value. */
export function folderQuery(place: Place, path: string) {
  return queryOptions({
    queryKey: [...filesKey(place), "folder", path],
    queryFn: async ({ signal }): Promise<Entry[]> => {
      const answer = await request(filesUrl(place, "", { path, $top: String(PAGE) }), { signal });
      return (await allPages<Entry>(await answer.json(), signal)).sort(inOrder);
    },
  });
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function inOrder(a: Entry, b: Entry): number {
  const folders = Number(b.type === "directory") - Number(a.type === "directory");
  return folders || collator.compare(a.name, b.name) || (a.name < b.name ? -1 : 1);
}

/** Read a folder again, and what is open of it. */
export function refreshFolder(client: QueryClient, place: Place, path: string): Promise<void> {
  return client.invalidateQueries({ queryKey: folderQuery(place, path).queryKey });
}

/** @throws ApiError, ConnectionLost */
export async function readContent(
  place: Place,
  path: string,
  signal?: AbortSignal,
): Promise<Content> {
  const answer = await request(filesUrl(place, "content", { path }), {
    cache: "no-store",
    ...(signal && { signal }),
  });
  return { bytes: await answer.arrayBuffer(), etag: answer.headers.get("ETag") ?? "" };
}

/**
 * Write a file; it is replaced whole or not at all.
 *
 * @param condition `If-Match` with the version that it must still be, `If-None-Match: *` where it
 *     must be new, or nothing.
 * @throws ApiError with status 412 where the condition does not hold; ConnectionLost
 */
export async function writeContent(
  place: Place,
  path: string,
  text: string,
  condition: Readonly<Record<string, string>> = {},
): Promise<Entry> {
  const answer = await request(filesUrl(place, "content", { path }), {
    method: "PUT",
    headers: { "Content-Type": "application/octet-stream", ...condition },
    body: text,
  });
  return answer.json();
}

/** Make a folder and those above it; one that is there is fine. */
export async function makeFolder(place: Place, path: string): Promise<void> {
  await request(filesUrl(place, "directory", { path }), { method: "PUT" });
}

/** Give a file or folder another name or place; nothing is ever replaced. */
export async function moveEntry(place: Place, from: string, to: string): Promise<void> {
  await sendJson("POST", filesUrl(place, "move", {}), { from, to });
}

/** Delete a file, or a folder with everything in it. */
export async function removeEntry(place: Place, entry: Entry): Promise<void> {
  const recursive = entry.type === "directory" ? { recursive: "true" } : {};
  await request(filesUrl(place, "", { path: entry.path, ...recursive }), { method: "DELETE" });
}
