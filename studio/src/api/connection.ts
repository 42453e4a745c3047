/**
 * Whether Studiolo answers, and whether the session still holds. Both are facts about all requests
 * at once, so they live here and not in a query.
 */
import { useSyncExternalStore } from "react";

interface State {
  readonly lost: boolean;
  readonly signedOut: boolean;
}

const RETRY_MS = 2000;
const PROBE = "/metadata/endpoints?api-version=2022-09-01";

let state: State = { lost: false, signedOut: false };
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();
const healed = new Set<() => void>();

function change(next: Partial<State>): void {
  state = { ...state, ...next };
  for (const each of listeners) each();
}

/** An answer came. */
export function heard(): void {
  if (!state.lost) return;
  clearTimeout(timer);
  change({ lost: false });
  for (const each of healed) each();
}

/** No answer came: say so, and look again by ourselves until one does. */
export function lost(): void {
  if (state.lost) return;
  change({ lost: true });
  timer = setTimeout(probe, RETRY_MS);
}

async function probe(): Promise<void> {
  try {
    const answer = await fetch(PROBE, { cache: "no-store" });
    if (answer.status < 500) return heard();
  } catch {
    // still away
  }
  timer = setTimeout(probe, RETRY_MS);
}

/** The session has ended: whatever is open stays as it is, and asks to sign in again. */
export function signedOut(): void {
  if (!state.signedOut) change({ signedOut: true });
}

/** Call when the connection is back; returns the way to stop. */
export function onHealed(listener: () => void): () => void {
  healed.add(listener);
  return () => healed.delete(listener);
}

export function useConnection(): State {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}
