/** What can be had in a region, now. */
import { useQuery } from "@tanstack/react-query";
import { usagesQuery } from "@/api/regions";
import { sizesQuery } from "@/api/sizes";
import { type Offer, offers } from "@/features/compute/create/sizing";

export interface Offered {
  /** Empty while they are not known. */
  readonly offers: readonly Offer[];
  /** The sizes are on their way. */
  readonly isPending: boolean;
  /** The sizes are here, and how much of the quota is left is as certain as it will be. */
  readonly isSettled: boolean;
  readonly error: Error | null;
  readonly retry: () => void;
}

/**
 * The sizes of a region, and which of them the quota has room for. Where the quota cannot be read,
 * of a region in which the person has no workspace yet, all are offered: the API refuses what is too
 * much.
 */
export function useOffers(subscription: string, location: string): Offered {
  const sizes = useQuery(sizesQuery(subscription, location));
  const usages = useQuery(usagesQuery(subscription, location));
  return {
    offers: offers(sizes.data ?? [], usages.data),
    isPending: sizes.isPending,
    isSettled: sizes.isSuccess && !usages.isPending,
    error: sizes.error,
    retry: () => void sizes.refetch(),
  };
}
