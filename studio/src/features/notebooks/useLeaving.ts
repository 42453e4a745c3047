/** Asking before another page of the studio is opened over unsaved changes. */
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useBlocker } from "react-router";
import { useConfirm } from "@/app/Dialogs";
import type { Place } from "@/app/where";
import { addressOf } from "@/features/notebooks/paths";

export function useLeaving(place: Place, unsaved: boolean): void {
  const { t } = useTranslation("notebooks");
  const confirm = useConfirm();
  const here = addressOf(place, "");
  const blocker = useBlocker(
    ({ nextLocation }) => unsaved && !`${nextLocation.pathname}/`.startsWith(`${here}/`),
  );
  useEffect(() => {
    if (blocker.state !== "blocked") return;
    const question = { title: t("leave.title"), text: t("leave.text"), verb: t("leave.verb") };
    void confirm(question).then((yes) => (yes ? blocker.proceed() : blocker.reset()));
  }, [blocker, confirm, t]);
}
