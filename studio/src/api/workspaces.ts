/** Workspaces of the subscription that the person may see. */
import { queryOptions } from "@tanstack/react-query";
import { API_VERSION, allPages, request, sendJson } from "@/api/client";
import { errorOf, hasStatus } from "@/api/errors";

export interface Workspace {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly location: string;
  readonly friendlyName: string;
}

interface Served {
  id: string;
  name: string;
  location: string;
  properties: { friendlyName?: string | null };
}

export function workspacesQuery(subscription: string) {
  return queryOptions({
    queryKey: ["workspaces", subscription],
    queryFn: async ({ signal }): Promise<Workspace[]> => {
      const answer = await request(
        `/subscriptions/${subscription}/providers/Microsoft.MachineLearningServices/workspaces?api-version=${API_VERSION}`,
        { signal },
      );
      const served = await allPages<Served>(await answer.json(), signal);
      return served.map(read);
    },
    staleTime: 30_000,
  });
}

/** One of them, by its place; undefined where the person may not see it. */
export function workspaceQuery(place: { subscription: string; group: string; workspace: string }) {
  return queryOptions({
    ...workspacesQuery(place.subscription),
    select: (all: Workspace[]) =>
      all.find(({ group, name }) => group === place.group && name === place.workspace),
  });
}

function read(served: Served): Workspace {
  return {
    id: served.id,
    name: served.name,
    group: served.id.split("/")[4] ?? "",
    location: served.location,
    friendlyName: served.properties.friendlyName || served.name,
  };
}

export interface Location {
  readonly name: string;
  readonly displayName: string;
}

/** Regions in which workspaces can be made. */
export function locationsQuery(subscription: string) {
  return queryOptions({
    queryKey: ["locations", subscription],
    queryFn: async ({ signal }): Promise<Location[]> => {
      const url = `/subscriptions/${subscription}/locations?api-version=2022-12-01`;
      const served: { value: Location[] } = await (await request(url, { signal })).json();
      return served.value;
    },
    staleTime: 600_000,
  });
}

const GROUPS_VERSION = "2022-09-01";

/**
 * Make a workspace, and its resource group where there is none of that name.
 *
 * @throws ApiError (one with this name is there, no right ...)
 */
export async function createWorkspace(
  subscription: string,
  wanted: { readonly group: string; readonly name: string; readonly location: string },
): Promise<void> {
  const group = `/subscriptions/${subscription}/resourceGroups/${encodeURIComponent(wanted.group)}`;
  const { location } = wanted;
  if (!(await exists(`${group}?api-version=${GROUPS_VERSION}`))) {
    await sendJson("PUT", `${group}?api-version=${GROUPS_VERSION}`, { location });
  }
  const provider = "providers/Microsoft.MachineLearningServices/workspaces";
  await sendJson(
    "PUT",
    `${group}/${provider}/${encodeURIComponent(wanted.name)}?api-version=${API_VERSION}`,
    { location, properties: {} },
    { headers: { "If-None-Match": "*" } },
  );
}

async function exists(url: string): Promise<boolean> {
  try {
    await request(url);
    return true;
  } catch (error) {
    if (hasStatus(error, 404)) return false;
    throw error;
  }
}

/** Delete a workspace; its computes go first, its file share is kept aside. */
export async function deleteWorkspace(workspace: Workspace): Promise<void> {
  const url = `${workspace.id}?api-version=${API_VERSION}`;
  await ended(await request(url, { method: "DELETE" }));
}

const LOOK_MS = 1000;

/**
 * Wait for what an answer began.
 *
 * @throws ApiError (it was begun, and failed)
 */
async function ended(answer: Response): Promise<void> {
  const link = answer.headers.get("azure-asyncoperation");
  if (!link) return;
  const { pathname, search } = new URL(link);
  for (;;) {
    const operation = await (await request(pathname + search)).json();
    if (operation.status === "Succeeded") return;
    if (["Failed", "Canceled"].includes(operation.status)) throw errorOf(409, operation);
    await new Promise((later) => setTimeout(later, LOOK_MS));
  }
}
