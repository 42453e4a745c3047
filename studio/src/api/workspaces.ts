/** Workspaces of the subscription that the person may see. */
import { queryOptions } from "@tanstack/react-query";
import { API_VERSION, allPages, request } from "@/api/client";

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

function read(served: Served): Workspace {
  return {
    id: served.id,
    name: served.name,
    group: served.id.split("/")[4] ?? "",
    location: served.location,
    friendlyName: served.properties.friendlyName || served.name,
  };
}
