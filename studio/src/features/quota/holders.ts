/** Who holds how much of a region's quota, as far as the person may see. */
import { useQueries, useQuery } from "@tanstack/react-query";
import { computesQuery, type Instance } from "@/api/computes";
import { type Size, sizesQuery } from "@/api/sizes";
import { workspacesQuery } from "@/api/workspaces";

export interface Holder {
  readonly instance: Instance;
  readonly group: string;
  readonly workspace: string;
  readonly vcpus: number;
}

/** Instances by the family they take from. A stopped instance keeps what it took. */
export type Holders = ReadonlyMap<string, readonly Holder[]>;

export function byFamily(
  found: readonly { group: string; workspace: string; instances: readonly Instance[] }[],
  sizes: readonly Size[],
  location: string,
): Holders {
  const known = new Map(sizes.map((each) => [each.name.toLowerCase(), each]));
  const holders = new Map<string, Holder[]>();
  for (const { group, workspace, instances } of found) {
    for (const instance of instances) {
      const size = known.get(instance.size.toLowerCase());
      if (!size || instance.location !== location) continue;
      const family = holders.get(size.family) ?? [];
      family.push({ instance, group, workspace, vcpus: size.vcpus });
      holders.set(size.family, family);
    }
  }
  for (const family of holders.values()) family.sort((a, b) => b.vcpus - a.vcpus);
  return holders;
}

export function useHolders(subscription: string, location: string): Holders {
  const sizes = useQuery(sizesQuery(subscription, location)).data ?? [];
  const workspaces = (useQuery(workspacesQuery(subscription)).data ?? []).filter(
    (each) => each.location === location,
  );
  const found = useQueries({
    queries: workspaces.map((each) =>
      computesQuery({ subscription, group: each.group, workspace: each.name }),
    ),
  });
  const seen = workspaces.map(({ group, name }, index) => ({
    group,
    workspace: name,
    instances: found[index]?.data ?? [],
  }));
  return byFamily(seen, sizes, location);
}
