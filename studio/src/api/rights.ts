/** What the person may do, as far as it can be told before asking for it. The API decides. */
import { useQuery } from "@tanstack/react-query";
import { assignmentsQuery, type Role, roleKey, rolesQuery } from "@/api/access";
import { hasStatus } from "@/api/errors";
import { useMe } from "@/api/me";

/** Whether a role allows an action such as `Microsoft.Storage/accounts/read`. */
export function allows(role: Role, action: string): boolean {
  const covers = (pattern: string) => matches(pattern, action);
  return role.actions.some(covers) && !role.notActions.some(covers);
}

/** In a pattern `*` stands for any text; letters' case does not count. */
function matches(pattern: string, action: string): boolean {
  const parts = pattern.split("*").map((each) => each.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "i").test(action);
}

export interface Rights {
  /** Undefined while it is not known. */
  readonly may: boolean | undefined;
  readonly error: Error | null;
  readonly retry: () => void;
}

/**
 * Whether one of the person's roles at a scope, or above it, allows an action. `unseen` is what to
 * take for true of somebody who may not see the roles there: some roles allow much, but not that.
 */
export function useRights(scope: string, action: string, unseen: boolean): Rights {
  const me = useMe();
  const roles = useQuery(rolesQuery);
  const assignments = useQuery(assignmentsQuery(scope));
  const retry = () => {
    void roles.refetch();
    void assignments.refetch();
  };
  if ([roles.error, assignments.error].some((each) => hasStatus(each, 403)))
    return { may: unseen, error: null, retry };
  const error = roles.error ?? assignments.error;
  if (!roles.data || !assignments.data) return { may: undefined, error, retry };
  const mine = assignments.data.filter((each) => each.principalId === me.id);
  const keys = new Set(mine.map((each) => each.role));
  const may = roles.data.some((role) => keys.has(roleKey(role.id)) && allows(role, action));
  return { may, error: null, retry };
}
