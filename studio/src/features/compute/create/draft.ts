/** What is being filled in: the form's values, and the request that they make. */

import { type Plan, written } from "@/features/compute/schedules/plan";

export interface Draft {
  readonly name: string;
  readonly size: string;
  readonly description: string;
  /** `key=value` lines. */
  readonly tags: string;
  /** Object id of whom it is made for; empty for oneself. */
  readonly assignedUser: string;
  /** GiB; empty for the region's own size. */
  readonly homeDisk: string;
  readonly rootDisk: string;
  readonly publicIp: boolean;
  readonly subnet: string;
  /** Minutes without use after which it stops; empty for never. */
  readonly idleMinutes: string;
  readonly schedules: readonly Plan[];
}

export const EMPTY: Draft = {
  name: "",
  size: "",
  description: "",
  tags: "",
  assignedUser: "",
  homeDisk: "",
  rootDisk: "",
  publicIp: true,
  subnet: "",
  idleMinutes: "",
  schedules: [],
};

/** Azure's rule: 3 to 24 letters, digits and hyphens; begins with a letter, ends with no hyphen. */
export const NAME_RULE = /^[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$/;

export function parseTags(lines: string): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const line of lines.split("\n")) {
    const [key = "", ...rest] = line.split("=");
    if (key.trim()) tags[key.trim()] = rest.join("=").trim();
  }
  return tags;
}

/** The body of `PUT .../computes/{name}`; only what was filled in. */
export function bodyOf(draft: Draft, location: string, tenant: string) {
  const tags = parseTags(draft.tags);
  return {
    location,
    ...(Object.keys(tags).length > 0 && { tags }),
    properties: {
      computeType: "ComputeInstance",
      ...(draft.description && { description: draft.description }),
      properties: {
        vmSize: draft.size,
        ...(draft.assignedUser && {
          personalComputeInstanceSettings: {
            assignedUser: { objectId: draft.assignedUser, tenantId: tenant },
          },
        }),
        ...(draft.homeDisk && { homeDiskSizeGiB: Number(draft.homeDisk) }),
        ...(draft.rootDisk && { rootDiskSizeGiB: Number(draft.rootDisk) }),
        ...(!draft.publicIp && { enableNodePublicIp: false }),
        ...(draft.subnet && { subnet: { id: draft.subnet } }),
        ...(draft.idleMinutes && { idleTimeBeforeShutdown: idleTime(draft.idleMinutes) }),
        ...(draft.schedules.length > 0 && {
          schedules: { computeStartStop: draft.schedules.map(written) },
        }),
      },
    },
  };
}

/** Minutes as Azure says them. */
export function idleTime(minutes: string): string {
  return `PT${Number(minutes)}M`;
}

/** Which field of the form an error of the API is about, by its `target`. */
export function fieldOf(target: string | undefined): keyof Draft | null {
  if (target?.includes("schedules")) return "schedules";
  const last = target?.split(".").at(-1)?.toLowerCase() ?? "";
  return BY_TARGET[last] ?? null;
}

const BY_TARGET: Readonly<Record<string, keyof Draft>> = {
  name: "name",
  computename: "name",
  vmsize: "size",
  description: "description",
  tags: "tags",
  assigneduser: "assignedUser",
  objectid: "assignedUser",
  tenantid: "assignedUser",
  homedisksizegib: "homeDisk",
  rootdisksizegib: "rootDisk",
  enablenodepublicip: "publicIp",
  subnet: "subnet",
  id: "subnet",
  idletimebeforeshutdown: "idleMinutes",
};
