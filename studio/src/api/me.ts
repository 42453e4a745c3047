/** Who is signed in. Read once before anything is drawn, so pages may take it for granted. */
import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { request } from "@/api/client";

export interface Me {
  id: string;
  name: string;
  displayName: string;
  tenantId: string;
  subscriptionId: string;
  /** The name of the person's own folder, below `Users/` on each workspace's file share. */
  alias: string;
}

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async (): Promise<Me> => (await request("/auth/me")).json(),
  staleTime: Number.POSITIVE_INFINITY,
});

export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}
