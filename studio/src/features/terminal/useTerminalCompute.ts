/** The instance whose shells are shown: that of the address, else the one worked on last. */
import { useEffect } from "react";
import { useNavigate, useParams } from "react-router";
import { pageOf, usePlace } from "@/app/where";
import {
  type PickedCompute,
  usePickedCompute,
} from "@/features/notebooks/notebook/usePickedCompute";

export interface TerminalCompute extends PickedCompute {
  /** The address names one that is not there, or is somebody else's. */
  readonly missing: string | null;
}

export function useTerminalCompute(): TerminalCompute {
  const place = usePlace();
  const navigate = useNavigate();
  const named = useParams().compute;
  const known = usePickedCompute();
  const { mine } = known;
  const picked = named ? mine?.find((each) => each.name === named) : known.picked;
  const name = picked?.name;
  const address = name ? pageOf(place, "terminal", name) : null;
  const remember = known.pick;
  useEffect(() => {
    if (name) remember(name);
    // So that it stays the same one when its state changes, and after a reload.
    if (address && !named) void navigate(address, { replace: true });
  }, [name, address, named, navigate, remember]);
  return {
    ...known,
    picked,
    missing: named && mine && !picked ? named : null,
    pick: (chosen) => void navigate(pageOf(place, "terminal", chosen)),
  };
}
