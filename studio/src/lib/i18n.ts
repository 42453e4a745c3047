/**
 * Words in the person's language. Every string lives in `locales/<language>/<namespace>.json`; a
 * test holds the languages to the same keys.
 */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { remembered } from "@/lib/remembered";
import type { en } from "@/locales/en";

export const LANGUAGES = { en: "English", ko: "한국어" } as const;
export type Language = keyof typeof LANGUAGES;

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "common";
    resources: typeof en;
  }
}

const choice = remembered<Language | "">("language", "");

const CATALOGUES: Record<Language, () => Promise<Record<string, object>>> = {
  en: async () => (await import("@/locales/en")).en,
  ko: async () => (await import("@/locales/ko")).ko,
};

/** The language chosen in the settings, or else the first of the browser's that we have. */
export function preferredLanguage(languages: readonly string[] = navigator.languages): Language {
  const chosen = choice.get();
  if (chosen) return chosen;
  for (const each of languages) {
    const base = each.split("-")[0];
    if (base === "en" || base === "ko") return base;
  }
  return "en";
}

/** The language that was chosen by hand; empty where the browser's is followed. */
export const languageChoice = choice;

/** Load the catalogue and make `useTranslation` work. */
export async function startLanguage(language = preferredLanguage()): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    resources: { [language]: await CATALOGUES[language]() },
    defaultNS: "common",
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  });
  document.documentElement.lang = language;
}

/** Change language at once, and remember it; empty means to follow the browser. */
export async function chooseLanguage(language: Language | ""): Promise<void> {
  choice.set(language);
  const wanted = language || preferredLanguage();
  for (const [namespace, words] of Object.entries(await CATALOGUES[wanted]())) {
    i18next.addResourceBundle(wanted, namespace, words);
  }
  await i18next.changeLanguage(wanted);
  document.documentElement.lang = wanted;
}
