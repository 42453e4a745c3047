/** Which instances of the list are shown, in what order, and which are chosen. */
import type { Instance } from "@/api/computes";

export type SortKey = "name" | "state" | "size" | "user" | "createdOn";

export interface Sort {
  readonly key: SortKey;
  readonly down: boolean;
}

export interface Filter {
  readonly words: string;
  /** Only those whose applications this person opens; null for everybody's. */
  readonly userId: string | null;
}

/** The instances that a filter leaves, in order. Words match name, size, state, owner and tags. */
export function shown(all: readonly Instance[], filter: Filter, sort: Sort): Instance[] {
  const words = filter.words.toLowerCase().split(/\s+/).filter(Boolean);
  return all
    .filter((each) => filter.userId === null || each.userId === filter.userId)
    .filter((each) => words.every((word) => text(each).includes(word)))
    .sort((a, b) => (sort.down ? -1 : 1) * compare(a, b, sort.key));
}

function text(instance: Instance): string {
  const tags = Object.entries(instance.tags).flat();
  return [instance.name, instance.size, instance.state, instance.ownerName, ...tags]
    .join(" ")
    .toLowerCase();
}

function compare(a: Instance, b: Instance, key: SortKey): number {
  return value(a, key).localeCompare(value(b, key), undefined, { numeric: true }) || byName(a, b);
}

function byName(a: Instance, b: Instance): number {
  return a.name.localeCompare(b.name, undefined, { numeric: true });
}

function value(instance: Instance, key: SortKey): string {
  switch (key) {
    case "user":
      return instance.ownerName;
    case "createdOn":
      return instance.createdOn ?? "";
    default:
      return instance[key];
  }
}
