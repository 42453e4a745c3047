/** Virtual networks of the subscription, as far as an instance can be put into one. */
import { queryOptions } from "@tanstack/react-query";
import { allPages, request } from "@/api/client";

export interface Subnet {
  readonly id: string;
  readonly name: string;
  readonly network: string;
  readonly prefix: string;
}

const VERSION = "2023-11-01";

interface Served {
  name: string;
  location: string;
  properties: {
    subnets: { id: string; name: string; properties: { addressPrefix: string } }[];
  };
}

export function subnetsQuery(subscription: string, location: string) {
  return queryOptions({
    queryKey: ["subnets", subscription, location],
    queryFn: async ({ signal }): Promise<Subnet[]> => {
      const url = `/subscriptions/${subscription}/providers/Microsoft.Network/virtualNetworks?api-version=${VERSION}`;
      const first = await (await request(url, { signal })).json();
      const networks = await allPages<Served>(first, signal);
      return networks
        .filter((each) => each.location === location)
        .flatMap((network) =>
          network.properties.subnets.map((subnet) => ({
            id: subnet.id,
            name: subnet.name,
            network: network.name,
            prefix: subnet.properties.addressPrefix,
          })),
        );
    },
  });
}
