/** The compute instance that notebooks run on: one of the person's own, kept for the workspace. */
import { useQuery } from "@tanstack/react-query";
import { computesQuery, type Instance } from "@/api/computes";
import { useMe } from "@/api/me";
import { type Place, usePlace } from "@/app/where";
import { useLive } from "@/features/compute/useLive";
import { type Remembered, remembered, useRemembered } from "@/lib/remembered";

export interface PickedCompute {
  /** All of the person's own; undefined while that is not known. */
  readonly mine: readonly Instance[] | undefined;
  readonly picked: Instance | undefined;
  readonly pick: (name: string) => void;
  readonly error: Error | null;
}

export function usePickedCompute(): PickedCompute {
  const place = usePlace();
  const me = useMe();
  const refetchInterval = useLive(place);
  const computes = useQuery({ ...computesQuery(place), refetchInterval });
  const choice = choiceOf(place);
  const chosen = useRemembered(choice);
  const mine = computes.data?.filter((each) => each.userId === me.id);
  return {
    mine,
    picked: mine && pickedOf(mine, chosen),
    pick: choice.set,
    error: computes.data ? null : computes.error,
  };
}

/** The chosen one, or else one that runs, or else any. */
export function pickedOf(mine: readonly Instance[], chosen: string): Instance | undefined {
  return (
    mine.find((each) => each.name === chosen) ??
    mine.find((each) => each.state === "Running") ??
    mine[0]
  );
}

const choices = new Map<string, Remembered<string>>();

function choiceOf({ group, workspace }: Place): Remembered<string> {
  const name = `notebooks.${group}/${workspace}`;
  const known = choices.get(name) ?? remembered<string>(name, "");
  choices.set(name, known);
  return known;
}

/** Where the instance's applications are: its own host. */
export function originOf(instance: Instance): string | null {
  const url = instance.applications[0]?.url;
  return url ? new URL(url).origin : null;
}

/** The address of a file of the share in an application of the instance. */
export function applicationUrl(origin: string, application: string, path: string): string {
  return `${origin}/${application}/${path.split("/").map(encodeURIComponent).join("/")}`;
}
