/** A name for the person's first instance, which nobody has in the region. */
import { useQuery } from "@tanstack/react-query";
import { useMe } from "@/api/me";
import type { Place } from "@/app/where";
import { proposals } from "@/features/compute/create/proposal";
import { askForName } from "@/features/compute/create/useNameCheck";

/** How many names to try; somebody with more of them in use can think of one. */
const TRIES = 20;

/** Empty while it is looked for. Without a workspace nobody can be asked: the first proposal. */
export function useFreeName(place: Place | null): string {
  const { alias } = useMe();
  const first = proposals(alias).next().value;
  const free = useQuery({
    queryKey: ["free-name", place?.group, place?.workspace, alias],
    queryFn: ({ signal }) => firstFree(place as Place, alias, signal),
    enabled: place !== null,
    staleTime: 0,
  });
  if (!place || free.isError) return first;
  return free.data ?? "";
}

async function firstFree(place: Place, alias: string, signal: AbortSignal): Promise<string> {
  let last = "";
  let left = TRIES;
  for (const name of proposals(alias)) {
    last = name;
    if (left-- === 0 || (await askForName(place, name, signal)).nameAvailable) break;
  }
  return last;
}
