/**
 * Keeps what the pages hold of a workspace's instances up to date: the control plane tells each
 * change. Where its stream does not reach us, the list is read again every few seconds instead.
 */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { computesUrl, dropInstance, putInstance, readAgain, readInstance } from "@/api/computes";
import type { Place } from "@/app/where";

const POLL_MS = 2000;

/** How often to read again by hand: never while the stream tells. Give it as `refetchInterval`. */
export function useLive(place: Place): number | false {
  const client = useQueryClient();
  const [told, setTold] = useState(false);
  const { subscription, group, workspace } = place;
  useEffect(() => {
    if (typeof EventSource === "undefined") return;
    const here = { subscription, group, workspace };
    const reload = () => void readAgain(client, here);
    const stream = new EventSource(computesUrl(here, "watch"));
    stream.addEventListener("ready", () => {
      setTold(true);
      reload();
    });
    stream.addEventListener("reload", reload);
    stream.addEventListener("compute", (event) =>
      putInstance(client, here, readInstance(JSON.parse(event.data))),
    );
    stream.addEventListener("deleted", (event) => {
      const { id, name } = JSON.parse(event.data);
      dropInstance(client, here, id, name);
    });
    // We may listen no longer. Reading again tells why: no right any more, or no session.
    stream.addEventListener("ended", () => {
      stream.close();
      setTold(false);
    });
    stream.addEventListener("error", () => setTold(false));
    return () => {
      stream.close();
      setTold(false);
    };
  }, [client, subscription, group, workspace]);
  return told ? false : POLL_MS;
}
