import { MoveDialog } from "@/features/notebooks/MoveDialog";
import { NameDialog } from "@/features/notebooks/NameDialog";
import type { FileActions } from "@/features/notebooks/useFileActions";

/** The questions of the file actions: a name, or another folder. */
export function FileDialogs({ actions }: { readonly actions: FileActions }) {
  const { asked } = actions;
  if (asked === null) return null;
  if (asked.about === "move") return <MoveDialog entry={asked.entry} actions={actions} />;
  return <NameDialog asked={asked} actions={actions} />;
}
