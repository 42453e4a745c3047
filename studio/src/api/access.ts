/** Who may do what: roles, and who has them where. */
import { queryOptions } from "@tanstack/react-query";
import { request, sendJson } from "@/api/client";

const VERSION = "2022-04-01";
const PROVIDER = "providers/Microsoft.Authorization";

export interface Role {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
}

interface ServedRole {
  id: string;
  properties: {
    roleName: string;
    description: string;
    permissions: { actions: string[]; notActions: string[] }[];
  };
}

export const rolesQuery = queryOptions({
  queryKey: ["roles"],
  queryFn: async ({ signal }): Promise<Role[]> => {
    const url = `/${PROVIDER}/roleDefinitions?api-version=${VERSION}`;
    const served: { value: ServedRole[] } = await (await request(url, { signal })).json();
    return served.value.map(({ id, properties }) => ({
      id,
      name: properties.roleName,
      description: properties.description,
      actions: properties.permissions.flatMap((each) => each.actions),
      notActions: properties.permissions.flatMap((each) => each.notActions),
    }));
  },
  staleTime: Number.POSITIVE_INFINITY,
});

export interface Assignment {
  readonly id: string;
  /** The last part of the role definition's id. */
  readonly role: string;
  readonly principalId: string;
  readonly principalType: string;
  readonly scope: string;
}

interface ServedAssignment {
  id: string;
  properties: {
    roleDefinitionId: string;
    principalId: string;
    principalType: string;
    scope: string;
  };
}

/** What names a role wherever its definition is read: the last part of its id. */
export function roleKey(definitionId: string): string {
  return definitionId.split("/").at(-1)?.toLowerCase() ?? "";
}

/** Assignments that apply at a scope: its own, and those above it. */
export function assignmentsQuery(scope: string) {
  return queryOptions({
    queryKey: ["assignments", scope],
    queryFn: async ({ signal }): Promise<Assignment[]> => {
      const filter = encodeURIComponent("atScope()");
      const url = `${scope}/${PROVIDER}/roleAssignments?api-version=${VERSION}&$filter=${filter}`;
      const served: { value: ServedAssignment[] } = await (await request(url, { signal })).json();
      return served.value.map(({ id, properties }) => ({
        id,
        role: roleKey(properties.roleDefinitionId),
        principalId: properties.principalId,
        principalType: properties.principalType,
        scope: properties.scope,
      }));
    },
  });
}

/**
 * Give a role.
 *
 * @throws ApiError (no right, it is there already ...)
 */
export async function assign(
  scope: string,
  role: Role,
  principalId: string,
  principalType: string,
): Promise<void> {
  const url = `${scope}/${PROVIDER}/roleAssignments/${crypto.randomUUID()}?api-version=${VERSION}`;
  const properties = { roleDefinitionId: role.id, principalId, principalType };
  await sendJson("PUT", url, { properties });
}

/** Take a role away, at once. */
export async function unassign(assignment: Assignment): Promise<void> {
  await request(`${assignment.id}?api-version=${VERSION}`, { method: "DELETE" });
}
