import type { LanguageSupport } from "@codemirror/language";
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { memo, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { CellOutput } from "@/features/notebooks/preview/CellOutput";
import { Code } from "@/features/notebooks/preview/Code";
import { markdownOf } from "@/features/notebooks/preview/markdown";
import type { Cell } from "@/features/notebooks/preview/parse";
import { SafeHtml } from "@/features/notebooks/preview/SafeHtml";
import { Scrollable } from "@/features/notebooks/preview/Scrollable";
import { NARROW } from "@/lib/screen";

const useStyles = makeStyles({
  root: {
    display: "grid",
    gridTemplateColumns: "56px minmax(0, 1fr)",
    columnGap: tokens.spacingHorizontalS,
    rowGap: tokens.spacingVerticalS,
    paddingBlock: tokens.spacingVerticalS,
    [NARROW]: { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  count: {
    textAlign: "right",
    paddingTop: tokens.spacingVerticalS,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
    [NARROW]: { textAlign: "left", paddingTop: 0, ":empty": { display: "none" } },
  },
  code: {
    backgroundColor: tokens.colorNeutralBackground2,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    padding: tokens.spacingHorizontalS,
  },
  pre: {
    margin: 0,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
    "& code": { fontFamily: "inherit" },
  },
  second: { gridColumnStart: 2, minWidth: 0, [NARROW]: { gridColumnStart: 1 } },
  output: { paddingInline: tokens.spacingHorizontalS },
});

interface Props {
  readonly cell: Cell;
  readonly language: LanguageSupport | null;
}

/** One cell of a notebook that is only read. */
export const CellView = memo(function CellView({ cell, language }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("notebooks");
  if (cell.type === "markdown") return <Words cell={cell} />;
  const isCode = cell.type === "code";
  return (
    <div className={styles.root}>
      <div className={styles.count}>{isCode ? `[${cell.count ?? " "}]` : ""}</div>
      <Scrollable label={t("preview.code")} className={styles.code}>
        <pre className={styles.pre}>
          <Code code={cell.source} language={isCode ? language : null} />
        </pre>
      </Scrollable>
      {cell.outputs.map((output, index) => (
        <div key={index} className={mergeClasses(styles.second, styles.output)}>
          <CellOutput output={output} />
        </div>
      ))}
    </div>
  );
});

function Words({ cell }: { readonly cell: Cell }) {
  const styles = useStyles();
  const { t } = useTranslation("notebooks");
  const content = useMemo(() => markdownOf(cell.source, cell.attachments), [cell]);
  return (
    <div className={styles.root}>
      <div className={styles.second}>
        <SafeHtml content={content} label={t("preview.text")} />
      </div>
    </div>
  );
}
