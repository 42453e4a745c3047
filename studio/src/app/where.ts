/** Which workspace the page is about, from its address, and addresses of pages in it. */
import { useParams } from "react-router";
import { useMe } from "@/api/me";
import { remembered } from "@/lib/remembered";

/** A workspace's place in the API: the three parts of its ARM id. */
export interface Place {
  readonly subscription: string;
  readonly group: string;
  readonly workspace: string;
}

/** The workspace that was open last, `group/workspace`; empty at the first visit. */
export const lastWorkspace = remembered<string>("workspace", "");

/** The workspace in the page's address. Only below `/workspaces/:group/:workspace`. */
export function usePlace(): Place {
  const { group = "", workspace = "" } = useParams();
  return { subscription: useMe().subscriptionId, group, workspace };
}

/** The address of a page of a workspace; without a page, of its first one. */
export function pageOf(place: Pick<Place, "group" | "workspace">, ...rest: string[]): string {
  const parts = [place.group, place.workspace, ...rest].map(encodeURIComponent);
  return `/workspaces/${parts.join("/")}`;
}

/** The workspace's ARM id. */
export function workspaceId(place: Place): string {
  return (
    `/subscriptions/${place.subscription}/resourceGroups/${place.group}` +
    `/providers/Microsoft.MachineLearningServices/workspaces/${place.workspace}`
  );
}
