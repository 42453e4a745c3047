/** How a person likes their terminals, and the colours that the page's theme gives them. */
import type { Theme } from "@fluentui/react-components";
import type { ITheme } from "@xterm/xterm";
import { remembered } from "@/lib/remembered";

const SMALLEST_PX = 9;
const LARGEST_PX = 28;

/** In pixels. */
export const fontSize = remembered<string>("terminal.fontSize", "14");

/** Whether what is printed is told to a screen reader. */
export const screenReader = remembered<"on" | "off">("terminal.screenReader", "off");

/** Make the letters so much larger; negative for smaller. */
export function enlarge(by: number): void {
  const wanted = fontPixels(fontSize.get()) + by;
  fontSize.set(String(Math.min(Math.max(wanted, SMALLEST_PX), LARGEST_PX)));
}

/** The remembered size as a number; whatever else is remembered, the usual one. */
export function fontPixels(text: string): number {
  const pixels = Number(text);
  return pixels >= SMALLEST_PX && pixels <= LARGEST_PX ? pixels : 14;
}

/** The sixteen colours of a terminal, and its own, from the theme's tokens. */
export function coloursOf(theme: Theme, dark: boolean): ITheme {
  const black = dark ? theme.colorNeutralBackground6 : theme.colorNeutralForeground1;
  const white = dark ? theme.colorNeutralForeground2 : theme.colorNeutralBackground5;
  return {
    background: theme.colorNeutralBackground1,
    foreground: theme.colorNeutralForeground1,
    cursor: theme.colorBrandForeground1,
    cursorAccent: theme.colorNeutralBackground1,
    selectionBackground: theme.colorBrandBackground2Pressed,
    black,
    red: theme.colorPaletteRedForeground1,
    green: theme.colorPaletteGreenForeground1,
    yellow: theme.colorPaletteDarkOrangeForeground1,
    blue: theme.colorPaletteBlueForeground2,
    magenta: theme.colorPaletteBerryForeground1,
    cyan: theme.colorPaletteTealForeground2,
    white,
    brightBlack: theme.colorNeutralForeground3,
    brightRed: theme.colorPaletteRedForeground3,
    brightGreen: theme.colorPaletteGreenForeground3,
    brightYellow: theme.colorPaletteYellowForeground1,
    brightBlue: theme.colorBrandForeground1,
    brightMagenta: theme.colorPaletteBerryForeground3,
    brightCyan: theme.colorPaletteLightTealForeground2,
    brightWhite: dark ? theme.colorNeutralForeground1 : theme.colorNeutralBackground1,
  };
}
