/** Colours: Fluent's themes with a brand of our own, light or dark as the person or system wants. */
import {
  type BrandVariants,
  createDarkTheme,
  createLightTheme,
  type Theme,
} from "@fluentui/react-components";
import { useSyncExternalStore } from "react";
import { remembered, useRemembered } from "@/lib/remembered";

export type ThemeChoice = "system" | "light" | "dark";
export const themeChoice = remembered<ThemeChoice>("theme", "system");

const brand: BrandVariants = {
  10: "#04030a",
  20: "#171330",
  30: "#221b50",
  40: "#2b226b",
  50: "#342a86",
  60: "#3e33a1",
  70: "#493dba",
  80: "#564bc9",
  90: "#645ad4",
  100: "#7269dd",
  110: "#8279e4",
  120: "#928aea",
  130: "#a39bef",
  140: "#b4adf4",
  150: "#c6c0f8",
  160: "#d9d5fb",
};

const light: Theme = createLightTheme(brand);
const dark: Theme = {
  ...createDarkTheme(brand),
  colorBrandForeground1: brand[120],
  colorBrandForeground2: brand[130],
  colorBrandForegroundLink: brand[130],
  colorBrandForegroundLinkHover: brand[140],
  colorBrandForegroundLinkPressed: brand[120],
  colorBrandForegroundLinkSelected: brand[130],
};

const systemDark =
  typeof matchMedia === "function" ? matchMedia("(prefers-color-scheme: dark)") : null;

function useSystemDark(): boolean {
  return useSyncExternalStore(
    (listener) => {
      systemDark?.addEventListener("change", listener);
      return () => systemDark?.removeEventListener("change", listener);
    },
    () => systemDark?.matches ?? false,
  );
}

/** Whether the page is dark now. */
export function useDark(): boolean {
  const choice = useRemembered(themeChoice);
  const system = useSystemDark();
  return choice === "system" ? system : choice === "dark";
}

/** The theme to draw in. */
export function useTheme(): Theme {
  return useDark() ? dark : light;
}
