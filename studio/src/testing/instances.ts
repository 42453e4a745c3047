/** Instances as the API serves them, for tests. */
import { type Instance, readInstance, type Served } from "@/api/computes";

export const PLACE = { subscription: "s1", group: "team", workspace: "main" } as const;

interface Part {
  readonly name?: string;
  readonly state?: string;
  readonly size?: string;
  readonly location?: string;
  readonly tags?: Record<string, string>;
  readonly owner?: string;
  readonly ownerName?: string;
  readonly assignedTo?: string;
  readonly createdOn?: string;
  /** Azure's `idleTimeBeforeShutdown`. */
  readonly idle?: string;
  /** What the last operation was, and why it began. */
  readonly last?: { readonly name: string; readonly trigger: string };
}

/** One instance as served: running, of the person `me`, unless `part` says otherwise. */
export function servedInstance(part: Part = {}): Served {
  const name = part.name ?? "ada";
  const at = part.createdOn ?? "2026-03-01T08:00:00Z";
  return {
    id: `/subscriptions/s1/resourceGroups/team/providers/Microsoft.MachineLearningServices/workspaces/main/computes/${name}`,
    name,
    location: part.location ?? "local",
    tags: part.tags ?? {},
    properties: {
      description: null,
      createdOn: at,
      modifiedOn: at,
      properties: {
        vmSize: part.size ?? "Standard_DS2_v2",
        state: part.state ?? "Running",
        applications: [],
        createdBy: { userId: part.owner ?? "me", userName: part.ownerName ?? "Ana" },
        personalComputeInstanceSettings: part.assignedTo
          ? { assignedUser: { objectId: part.assignedTo } }
          : null,
        errors: [],
        lastOperation: {
          operationName: part.last?.name ?? "Create",
          operationTime: at,
          operationStatus: "Succeeded",
          operationTrigger: part.last?.trigger ?? "User",
        },
        connectivityEndpoints: { privateIpAddress: null },
        subnet: null,
        idleTimeBeforeShutdown: part.idle ?? null,
        osImageMetadata: null,
      },
    },
  };
}

/** The same as pages hold it. */
export function instance(part: Part = {}): Instance {
  return readInstance(servedInstance(part));
}
