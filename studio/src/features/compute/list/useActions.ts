/** Starting, stopping, restarting and deleting from a page, with what goes wrong told. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { accepts, act, type Instance, readAgain, type Verb } from "@/api/computes";
import { useConfirm } from "@/app/Dialogs";
import { useTell } from "@/app/toasts";
import { usePlace } from "@/app/where";

/** How many requests go out at a time. */
const AT_ONCE = 6;

export function useActions() {
  const place = usePlace();
  const client = useQueryClient();
  const confirm = useConfirm();
  const tell = useTell();
  const { t } = useTranslation("compute");
  const [busy, setBusy] = useState(false);

  const one = async (instance: Instance, verb: Verb) => {
    try {
      await act(place, instance.name, verb);
    } catch (error) {
      tell.failed(t(`failed.${verb}`, { name: instance.name }), error);
    }
  };

  /** Ask where it interrupts somebody's work, and do it. Resolves to whether it was asked for. */
  const perform = async (chosen: readonly Instance[], verb: Verb): Promise<boolean> => {
    const able = chosen.filter((each) => accepts(each, verb));
    if (able.length === 0) return false;
    const names = able.map((each) => each.name).join(", ");
    if (verb !== "start") {
      const question = {
        title: t(`confirm.${verb}.title`, { count: able.length, name: names }),
        text: t(`confirm.${verb}.text`, { count: able.length, names }),
        verb: t(`verbs.${verb}`),
      };
      if (!(await confirm(question))) return false;
    }
    setBusy(true);
    const waiting = [...able];
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await one(next, verb);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    setBusy(false);
    void readAgain(client, place);
    return true;
  };

  return { perform, busy };
}
