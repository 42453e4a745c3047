import { useQuery } from "@tanstack/react-query";
import { Navigate } from "react-router";
import { computesQuery } from "@/api/computes";
import { useMe } from "@/api/me";
import { type Workspace, workspacesQuery } from "@/api/workspaces";
import { lastWorkspace, pageOf } from "@/app/where";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";

/** The address `/`: to the workspace that was open last, or to the welcome at the first visit. */
export function Home() {
  const workspaces = useQuery(workspacesQuery(useMe().subscriptionId));
  if (workspaces.isError)
    return <ErrorMessage error={workspaces.error} retry={workspaces.refetch} />;
  if (!workspaces.data) return <Loading />;
  const last = lastWorkspace.get();
  const names = workspaces.data.map((each) => `${each.group}/${each.name}`);
  if (names.includes(last)) return <Navigate to={`/workspaces/${last}`} replace />;
  const first = workspaces.data[0];
  return first ? <FirstVisit workspace={first} /> : <Navigate to="/welcome" replace />;
}

/** Who has an instance already, made elsewhere or from another browser, needs no welcome. */
function FirstVisit({ workspace }: { readonly workspace: Workspace }) {
  const { id, subscriptionId } = useMe();
  const place = {
    subscription: subscriptionId,
    group: workspace.group,
    workspace: workspace.name,
  };
  const computes = useQuery(computesQuery(place));
  if (computes.isPending) return <Loading />;
  const none = computes.data && !computes.data.some((each) => each.userId === id);
  return <Navigate to={none ? "/welcome" : pageOf(place)} replace />;
}
