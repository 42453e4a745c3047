import { useSyncExternalStore } from "react";

/** Media query of a narrow screen, where lists become cards and the navigation a drawer. */
export const NARROW = "@media (max-width: 760px)";

const narrow = typeof matchMedia === "function" ? matchMedia(NARROW.replace("@media ", "")) : null;

/** Whether the screen is narrow now; for what styles alone cannot say. */
export function useNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      narrow?.addEventListener("change", listener);
      return () => narrow?.removeEventListener("change", listener);
    },
    () => narrow?.matches ?? false,
  );
}
