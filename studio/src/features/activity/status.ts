import { useTranslation } from "react-i18next";

/** A status in the person's language; one that we do not know, as it is served. */
export function useStatusWord(): (status: string) => string {
  const { t } = useTranslation("activity");
  return (status) => t(`statuses.${status}`, { defaultValue: status });
}
