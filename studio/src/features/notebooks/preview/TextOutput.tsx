import { Button, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { settled, spansOf } from "@/features/notebooks/preview/ansi";
import { Scrollable } from "@/features/notebooks/preview/Scrollable";
import { useFormat } from "@/lib/useFormat";

/** Letters shown of a long output until a person asks for all. */
const SHOWN = 20_000;

const useStyles = makeStyles({
  text: {
    margin: 0,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    whiteSpace: "pre-wrap",
    overflowWrap: "anywhere",
  },
  warning: {
    backgroundColor: tokens.colorStatusWarningBackground1,
    padding: tokens.spacingHorizontalS,
  },
  failed: {
    backgroundColor: tokens.colorStatusDangerBackground1,
    padding: tokens.spacingHorizontalS,
  },
  bold: { fontWeight: tokens.fontWeightSemibold },
  red: { color: tokens.colorPaletteRedForeground1 },
  green: { color: tokens.colorPaletteGreenForeground1 },
  yellow: { color: tokens.colorPaletteMarigoldForeground2 },
  blue: { color: tokens.colorPaletteBlueForeground2 },
  magenta: { color: tokens.colorPaletteBerryForeground1 },
  cyan: { color: tokens.colorPaletteTealForeground2 },
  faint: { color: tokens.colorNeutralForeground3 },
});

const COLOURS = ["faint", "red", "green", "yellow", "blue", "magenta", "cyan", ""] as const;

interface Props {
  readonly text: string;
  readonly tone?: "warning" | "failed" | undefined;
}

/** What a program printed, in its colours. */
export function TextOutput({ text, tone }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("notebooks");
  const format = useFormat();
  const [all, setAll] = useState(false);
  const whole = useMemo(() => settled(text), [text]);
  const shown = all ? whole : whole.slice(0, SHOWN);
  const spans = useMemo(() => spansOf(shown), [shown]);
  return (
    <Scrollable label={t("preview.output")} className={tone && styles[tone]}>
      <pre className={styles.text}>
        {spans.map(({ text: words, colour, bold }, index) => {
          const name = colour === null ? "" : COLOURS[colour % COLOURS.length];
          const look = mergeClasses(name && styles[name], bold && styles.bold);
          return look ? (
            <span key={index} className={look}>
              {words}
            </span>
          ) : (
            words
          );
        })}
      </pre>
      {shown.length < whole.length && (
        <Button size="small" onClick={() => setAll(true)}>
          {t("preview.all", { count: format.number(whole.length) })}
        </Button>
      )}
    </Scrollable>
  );
}
