import { useQuery } from "@tanstack/react-query";
import type { Instance } from "@/api/computes";
import { statusQuery } from "@/api/status";
import { usePlace } from "@/app/where";
import { Use } from "@/features/compute/Use";

const EVERY_MS = 60_000;

/** How idle an instance is that stops when it is; only those on the screen are asked. */
export function RowUse({ instance }: { readonly instance: Instance }) {
  const place = usePlace();
  const stops = instance.state === "Running" && instance.idleMinutes !== null;
  const status = useQuery({
    ...statusQuery(place, instance.name),
    refetchInterval: EVERY_MS,
    staleTime: EVERY_MS,
    enabled: stops,
  });
  return stops && status.data ? <Use status={status.data} /> : null;
}
