/** What a region has: how much of its quota is left, and what its machines can do. */
import { queryOptions } from "@tanstack/react-query";
import { API_VERSION, request, sendJson } from "@/api/client";
import { hasStatus } from "@/api/errors";

/** vCPUs of a family (or of the whole region) in use, and how many there may be. */
export interface Usage {
  /** The family's name, or `TotalDedicatedCores`. */
  readonly name: string;
  readonly shownName: string;
  readonly used: number;
  readonly limit: number;
}

export const TOTAL = "TotalDedicatedCores";

function regionUrl(subscription: string, location: string, rest: string): string {
  return `/subscriptions/${subscription}/providers/Microsoft.MachineLearningServices/locations/${encodeURIComponent(location)}/${rest}?api-version=${API_VERSION}`;
}

interface ServedUsage {
  currentValue: number;
  limit: number;
  name: { value: string; localizedValue: string };
}

export function usagesQuery(subscription: string, location: string) {
  return queryOptions({
    queryKey: ["usages", subscription, location],
    queryFn: async ({ signal }): Promise<Usage[]> => {
      const answer = await request(regionUrl(subscription, location, "usages"), { signal });
      const served: { value: ServedUsage[] } = await answer.json();
      return served.value.map((each) => ({
        name: each.name.value,
        shownName: each.name.localizedValue,
        used: each.currentValue,
        limit: each.limit,
      }));
    },
    enabled: location !== "",
  });
}

export interface Capabilities {
  readonly engine: string | null;
  readonly isolation: string | null;
  readonly features: Readonly<Record<string, boolean>>;
}

const NOTHING: Capabilities = { engine: null, isolation: null, features: {} };

export function capabilitiesQuery(subscription: string, location: string) {
  return queryOptions({
    queryKey: ["capabilities", subscription, location],
    queryFn: async ({ signal }): Promise<Capabilities> => {
      try {
        const url = regionUrl(subscription, location, "capabilities");
        return await (await request(url, { signal })).json();
      } catch (error) {
        if (hasStatus(error, 404)) return NOTHING;
        throw error;
      }
    },
    staleTime: 600_000,
    enabled: location !== "",
  });
}

/**
 * Set the limit of a family, or of the whole region.
 *
 * @throws ApiError (no right, not a number ...)
 */
export async function setLimit(
  subscription: string,
  location: string,
  name: string,
  limit: number,
): Promise<void> {
  const id = regionUrl(subscription, location, `quotas/${name}`).split("?")[0];
  const value = [{ id, limit, unit: "Count" }];
  await sendJson("POST", regionUrl(subscription, location, "updateQuotas"), { location, value });
}
