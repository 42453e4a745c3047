import { QueryClient } from "@tanstack/react-query";
import { onHealed } from "@/api/connection";
import { ApiError, ConnectionLost } from "@/api/errors";

const RETRIES = 2;

/** A refusal is final; a lost connection is asked again when it is back; the rest a few times. */
function retry(failures: number, error: Error): boolean {
  if (error instanceof ApiError) return error.status >= 500 && failures < RETRIES;
  return !(error instanceof ConnectionLost) && failures < RETRIES;
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry, staleTime: 5_000, networkMode: "always" },
    mutations: { networkMode: "always" },
  },
});

onHealed(() => void queryClient.invalidateQueries());
