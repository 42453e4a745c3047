import { MessageBar, MessageBarActions, MessageBarBody } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import { accepts, type Instance, onItsWay } from "@/api/computes";
import { useStateWord } from "@/features/compute/StateBadge";
import { StartButton } from "@/features/notebooks/notebook/ComputeBar";

/** Why there is no shell: the instance does not run. */
export function InstanceNotice({ instance }: { readonly instance: Instance }) {
  const words = useInstanceWords();
  const trouble = instance.errors.length > 0;
  return (
    <MessageBar intent={trouble ? "error" : "warning"} role="status">
      <MessageBarBody>{words(instance)}</MessageBarBody>
      {accepts(instance, "start") && (
        <MessageBarActions>
          <StartButton instance={instance} />
        </MessageBarActions>
      )}
    </MessageBar>
  );
}

/** What is the matter with an instance that does not run, and what to do. */
export function useInstanceWords(): (instance: Instance) => string {
  const { t } = useTranslation("terminal");
  const word = useStateWord();
  return (instance) => {
    const { name, state } = instance;
    if (instance.errors[0]) return instance.errors[0].message;
    if (state === "Stopped") return t("instance.stopped", { name });
    if (["Stopping", "Deleting"].includes(state)) return t("instance.stopping", { name });
    if (onItsWay(instance)) return t("instance.wait", { name });
    return t("instance.other", { name, state: word(state) });
  };
}
