/** VM sizes of a region. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { API_VERSION, request } from "@/api/client";

export interface Size {
  readonly name: string;
  readonly family: string;
  readonly vcpus: number;
  readonly memoryGb: number;
  readonly gpus: number;
  readonly gpuType: string | null;
  readonly tempDiskMb: number;
}

interface Served {
  name: string;
  family: string;
  vCPUs: number;
  memoryGB: number;
  gpus: number;
  gpuType: string | null;
  maxResourceVolumeMB: number;
}

export function sizesQuery(subscription: string, location: string) {
  return queryOptions({
    queryKey: ["sizes", subscription, location],
    queryFn: async ({ signal }): Promise<Size[]> => {
      const url = `/subscriptions/${subscription}/providers/Microsoft.MachineLearningServices/locations/${encodeURIComponent(location)}/vmSizes?api-version=${API_VERSION}`;
      const served: { value: Served[] } = await (await request(url, { signal })).json();
      return served.value.map((each) => ({
        name: each.name,
        family: each.family,
        vcpus: each.vCPUs,
        memoryGb: each.memoryGB,
        gpus: each.gpus,
        gpuType: each.gpuType,
        tempDiskMb: each.maxResourceVolumeMB,
      }));
    },
    staleTime: 600_000,
    enabled: location !== "",
  });
}

/** What a size is, by its name; undefined while that is not known. */
export function useSize(subscription: string, location: string, name: string): Size | undefined {
  const sizes = useQuery(sizesQuery(subscription, location)).data;
  return sizes?.find((each) => each.name.toLowerCase() === name.toLowerCase());
}
