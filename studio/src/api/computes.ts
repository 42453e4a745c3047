/**
 * Compute instances: what the API serves, as the pages use it, and what can be asked of one.
 */
import {
  type dataTagSymbol,
  type QueryClient,
  type QueryKey,
  queryOptions,
} from "@tanstack/react-query";
import { API_VERSION, allPages, request, sendJson } from "@/api/client";
import type { Schedule } from "@/api/schedules";
import { type Place, workspaceId } from "@/app/where";

export interface Application {
  readonly name: string;
  readonly url: string;
}

export interface Problem {
  readonly code: string;
  readonly message: string;
}

export interface LastOperation {
  readonly name: string;
  readonly time: string;
  readonly status: string;
  readonly trigger: string;
}

/** One compute instance. */
export interface Instance {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly state: string;
  readonly size: string;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly ownerId: string;
  readonly ownerName: string;
  /** Who opens its applications: the assigned user, or else the owner. */
  readonly userId: string;
  readonly createdOn: string | null;
  readonly modifiedOn: string | null;
  readonly applications: readonly Application[];
  readonly errors: readonly Problem[];
  readonly lastOperation: LastOperation;
  readonly privateIp: string | null;
  readonly subnet: string | null;
  readonly newerImage: boolean;
  /** Minutes without use after which it is stopped; null for never. */
  readonly idleMinutes: number | null;
  readonly schedules: readonly Schedule[];
  /** As served, for those who want all of it. */
  readonly served: Served;
}

export interface Served {
  id: string;
  name: string;
  location: string;
  tags: Record<string, string>;
  properties: {
    description: string | null;
    createdOn: string | null;
    modifiedOn: string | null;
    properties: {
      vmSize: string;
      state: string;
      applications: { displayName: string; endpointUri: string }[];
      createdBy: { userId: string; userName: string };
      personalComputeInstanceSettings: { assignedUser: { objectId: string } } | null;
      errors: { error: Problem }[];
      lastOperation: {
        operationName: string;
        operationTime: string;
        operationStatus: string;
        operationTrigger: string;
      };
      connectivityEndpoints: { privateIpAddress: string | null };
      subnet: { id: string } | null;
      idleTimeBeforeShutdown: string | null;
      schedules?: { computeStartStop: Schedule[] } | null;
      osImageMetadata: { isLatestOsImageVersion: boolean | null } | null;
      [more: string]: unknown;
    };
  };
}

export function readInstance(served: Served): Instance {
  const { properties } = served;
  const own = properties.properties;
  return {
    id: served.id,
    name: served.name,
    location: served.location,
    state: own.state,
    size: own.vmSize,
    description: properties.description ?? "",
    tags: served.tags,
    ownerId: own.createdBy.userId,
    ownerName: own.createdBy.userName,
    userId: own.personalComputeInstanceSettings?.assignedUser.objectId ?? own.createdBy.userId,
    createdOn: properties.createdOn,
    modifiedOn: properties.modifiedOn,
    applications: own.applications.map((each) => ({
      name: each.displayName,
      url: each.endpointUri,
    })),
    errors: own.errors.map((each) => each.error),
    lastOperation: {
      name: own.lastOperation.operationName,
      time: own.lastOperation.operationTime,
      status: own.lastOperation.operationStatus,
      trigger: own.lastOperation.operationTrigger,
    },
    privateIp: own.connectivityEndpoints.privateIpAddress,
    subnet: own.subnet?.id ?? null,
    idleMinutes: minutesOf(own.idleTimeBeforeShutdown),
    newerImage: own.osImageMetadata?.isLatestOsImageVersion === false,
    schedules: own.schedules?.computeStartStop ?? [],
    served,
  };
}

/** Minutes of a duration as the API serves it: PT30M. */
function minutesOf(duration: string | null): number | null {
  const found = /^PT(\d+)M/.exec(duration ?? "");
  return found ? Number(found[1]) : null;
}

const ON_ITS_WAY = new Set([
  "Creating",
  "SettingUp",
  "Starting",
  "Stopping",
  "Restarting",
  "Resizing",
  "Deleting",
]);

/** Whether the control plane is about to bring it to another state. */
export function onItsWay(instance: Instance): boolean {
  return ON_ITS_WAY.has(instance.state);
}

export type Verb = "start" | "stop" | "restart" | "delete";

const ACCEPTED: Record<Verb, ReadonlySet<string>> = {
  start: new Set(["Stopped", "Unusable"]),
  stop: new Set(["Running", "Unusable"]),
  restart: new Set(["Running"]),
  delete: new Set([
    "Running",
    "Stopped",
    "CreateFailed",
    "SetupFailed",
    "Unusable",
    "Unknown",
    "Creating",
  ]),
};

/** Whether it makes sense to offer this now. The API decides; this only spares a useless button. */
export function accepts(instance: Instance, verb: Verb): boolean {
  return ACCEPTED[verb].has(instance.state);
}

export function computesUrl(place: Place, ...rest: string[]): string {
  const path = [`${workspaceId(place)}/computes`, ...rest.map(encodeURIComponent)].join("/");
  return `${path}?api-version=${API_VERSION}`;
}

export function computesKey(place: Place) {
  return ["computes", place.subscription, place.group, place.workspace] as const;
}

/** Every instance of the workspace. */
export function computesQuery(place: Place) {
  return queryOptions({
    queryKey: computesKey(place),
    queryFn: async ({ signal }): Promise<Instance[]> => {
      const answer = await request(computesUrl(place), { signal });
      return (await allPages<Served>(await answer.json(), signal)).map(readInstance);
    },
  });
}

export function computeQuery(place: Place, name: string) {
  return queryOptions({
    queryKey: [...computesKey(place), name],
    queryFn: async ({ signal }): Promise<Instance> =>
      readInstance(await (await request(computesUrl(place, name), { signal })).json()),
  });
}

/**
 * Start, stop, restart or delete; resolves when the control plane has taken it up, not when it is
 * done: the list shows that.
 *
 * @throws ApiError, ConnectionLost
 */
export async function act(place: Place, name: string, verb: Verb): Promise<void> {
  if (verb === "delete") {
    const url = `${computesUrl(place, name)}&underlyingResourceAction=Delete`;
    await request(url, { method: "DELETE" });
  } else {
    await request(computesUrl(place, name, verb), { method: "POST" });
  }
}

/**
 * Read anew what the pages show of the workspace's instances. A reading that is under way may have
 * begun too early, and a first one would go on: it is given up.
 */
export async function readAgain(client: QueryClient, place: Place): Promise<void> {
  await client.cancelQueries({ queryKey: computesKey(place) });
  await client.invalidateQueries({ queryKey: computesKey(place) });
}

/** Put a change that was told into what the pages hold. */
export function putInstance(client: QueryClient, place: Place, instance: Instance): void {
  tell(client, computesQuery(place).queryKey, (all) => {
    if (!all) return all;
    const known = all.some((each) => each.id === instance.id);
    return known
      ? all.map((each) => (each.id === instance.id ? instance : each))
      : [...all, instance].sort((a, b) => a.name.localeCompare(b.name));
  });
  tell(client, computeQuery(place, instance.name).queryKey, () => instance);
}

/** Take an instance that was deleted out of what the pages hold. */
export function dropInstance(client: QueryClient, place: Place, id: string, name: string): void {
  tell(client, computesQuery(place).queryKey, (all) => all?.filter((each) => each.id !== id));
  void client.invalidateQueries({ queryKey: computeQuery(place, name).queryKey });
}

/**
 * Change what the pages hold, and once more when a reading that is under way has ended: it may
 * bring what was there before the change, and nothing tells a change twice.
 */
function tell<Data>(
  client: QueryClient,
  queryKey: QueryKey & { readonly [dataTagSymbol]: Data },
  change: (known: Data | undefined) => Data | undefined,
): void {
  const apply = () => client.setQueryData<Data>(queryKey, change);
  apply();
  const query = client.getQueryCache().find({ queryKey });
  if (query?.state.fetchStatus === "idle") return;
  // A reading that fails brings nothing.
  query?.promise?.then(apply, () => undefined);
}

/**
 * Show what a create was answered with. It may be on its way further already: that is read again.
 */
export function instanceCreated(client: QueryClient, place: Place, instance: Instance): void {
  putInstance(client, place, instance);
  void readAgain(client, place);
  void client.invalidateQueries({ queryKey: ["usages"] });
}

/**
 * Ask for a new instance; resolves to it, on its way.
 *
 * @throws ApiError (one with this name is there, the quota is used up, a field is wrong ...)
 */
export async function createInstance(place: Place, name: string, body: object): Promise<Instance> {
  const headers = { "If-None-Match": "*" };
  const answer = await sendJson("PUT", computesUrl(place, name), body, { headers });
  return readInstance(await answer.json());
}
