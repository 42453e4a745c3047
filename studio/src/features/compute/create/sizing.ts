/** Which sizes can be had: what the quota of their family and of the region leaves. */
import { TOTAL, type Usage } from "@/api/regions";
import type { Size } from "@/api/sizes";

export interface Offer {
  readonly size: Size;
  /** vCPUs that the quota still allows for it; null while that is not known. */
  readonly left: number | null;
  readonly fits: boolean;
}

export function offers(sizes: readonly Size[], usages: readonly Usage[] | undefined): Offer[] {
  const by = new Map(usages?.map((each) => [each.name.toLowerCase(), each.limit - each.used]));
  const total = by.get(TOTAL.toLowerCase());
  return sizes.map((size) => {
    const family = by.get(size.family.toLowerCase());
    const known = [family, total].filter((each) => each !== undefined);
    const left = known.length > 0 ? Math.max(0, Math.min(...known)) : null;
    return { size, left, fits: left === null || left >= size.vcpus };
  });
}

const FIRST_CHOICE = "standard_ds3_v2";

/** What to choose before a person does: Azure's default, or else the smallest that can be had. */
export function firstChoice(all: readonly Offer[]): string {
  const able = all.filter((each) => each.fits && each.size.gpus === 0);
  const usual = able.find((each) => each.size.name.toLowerCase() === FIRST_CHOICE);
  const smallest = [...able].sort((a, b) => a.size.vcpus - b.size.vcpus)[0];
  return (usual ?? smallest)?.size.name ?? "";
}
