/** Whether a name can be had, asked of the API as it is typed. */
import { type QueryClient, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useEffect, useState } from "react";
import { API_VERSION, sendJson } from "@/api/client";
import { hasStatus } from "@/api/errors";
import { type Place, workspaceId } from "@/app/where";
import { NAME_RULE } from "@/features/compute/create/draft";

const PAUSE_MS = 250;
const KEY = "name-check";

export interface NameCheck {
  readonly state: "empty" | "malformed" | "checking" | "free" | "taken";
  /** The API's sentence, where it says no. */
  readonly message: string;
}

interface Answer {
  nameAvailable: boolean;
  message: string | null;
}

/** Whether the API would take the name for a compute of the workspace. */
export async function askForName(place: Place, name: string, signal: AbortSignal): Promise<Answer> {
  const url = `${workspaceId(place)}/checkComputeNameAvailability?api-version=${API_VERSION}`;
  const type = "Microsoft.MachineLearningServices/workspaces/computes";
  return (await sendJson("POST", url, { name, type }, { signal })).json();
}

export function useNameCheck(place: Place, name: string): NameCheck {
  const settled = usePaused(useDeferredValue(name));
  const wellFormed = NAME_RULE.test(name);
  const check = useQuery({
    queryKey: [KEY, place.group, place.workspace, settled.toLowerCase()],
    queryFn: ({ signal }) => askForName(place, settled, signal),
    enabled: wellFormed && settled === name,
    staleTime: 0,
  });
  if (!name) return { state: "empty", message: "" };
  if (!wellFormed) return { state: "malformed", message: "" };
  if (settled !== name || check.isPending) return { state: "checking", message: "" };
  if (!check.data || check.data.nameAvailable) return { state: "free", message: "" };
  return { state: "taken", message: check.data.message ?? "" };
}

/** Where another was quicker with the name, ask once more: that answer says who has it. */
export function askAgain(client: QueryClient, error: Error): void {
  if (hasStatus(error, 412)) void client.invalidateQueries({ queryKey: [KEY] });
}

/** The value once it has stood still for a moment. */
function usePaused(value: string): string {
  const [paused, setPaused] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return paused;
}
