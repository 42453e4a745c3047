import { useTranslation } from "react-i18next";

const KNOWN = ["Accepted", "Succeeded", "Failed", "Denied"] as const;
type Known = (typeof KNOWN)[number];

/** A status in the person's language; one that we do not know, as it is served. */
export function useStatusWord(): (status: string) => string {
  const { t } = useTranslation("activity");
  return (status) =>
    (KNOWN as readonly string[]).includes(status) ? t(`statuses.${status as Known}`) : status;
}
