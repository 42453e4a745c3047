import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import * as format from "@/lib/format";

/** The functions of `format`, in the page's language. */
export function useFormat() {
  const { i18n } = useTranslation();
  // The person's own kind of the page's language: its order of day and month, for example.
  const language =
    navigator.languages.find((each) => each.split("-")[0] === i18n.language) ?? i18n.language;
  return useMemo(
    () => ({
      bytes: (count: number) => format.bytes(count, language),
      moment: (iso: string) => format.moment(iso, language),
      shortMoment: (iso: string) => format.shortMoment(iso, language),
      ago: (iso: string) => format.ago(iso, language),
      since: (iso: string) => format.since(iso, language),
      percent: (part: number) => format.percent(part, language),
      number: (value: number) => format.number(value, language),
      language,
    }),
    [language],
  );
}
