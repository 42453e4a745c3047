import { useQuery } from "@tanstack/react-query";
import { Navigate } from "react-router";
import { useMe } from "@/api/me";
import { workspacesQuery } from "@/api/workspaces";
import { lastWorkspace } from "@/app/where";
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
  const open = names.includes(last) ? last : names[0];
  return <Navigate to={open ? `/workspaces/${open}` : "/welcome"} replace />;
}
