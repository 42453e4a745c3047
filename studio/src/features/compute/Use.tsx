import { useTranslation } from "react-i18next";
import type { Status } from "@/api/status";
import { useFormat } from "@/lib/useFormat";

interface Props {
  readonly status: Pick<Status, "busy" | "idleSince" | "shutdownAt">;
}

/** "Idle for 12 min, stops in 18 minutes", or what it is used for; nothing where nobody knows. */
export function Use({ status }: Props) {
  const { t } = useTranslation("compute");
  const format = useFormat();
  const { busy, idleSince, shutdownAt } = status;
  if (busy.length > 0) return t("inUse", { reasons: busy.join(" ") });
  if (!idleSince) return null;
  const duration = format.since(idleSince);
  return shutdownAt
    ? t("idleUntil", { duration, when: format.ago(shutdownAt) })
    : t("idle", { duration });
}
