import { useEffect, useState } from "react";

/** Whole seconds since a moment, counted on while `counting`; the hosts' clocks may differ a bit. */
export function useSeconds(since: string, counting: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!counting) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [counting]);
  return Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
}
