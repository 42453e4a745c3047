import type { LanguageSupport } from "@codemirror/language";
import { makeStyles, tokens } from "@fluentui/react-components";
import { DocumentErrorRegular, NotebookRegular } from "@fluentui/react-icons";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Empty } from "@/components/Empty";
import { languageOfKernel } from "@/features/notebooks/editor/languages";
import { CellView } from "@/features/notebooks/preview/CellView";
import { NotANotebook, type Notebook, parseNotebook } from "@/features/notebooks/preview/parse";
import { NARROW } from "@/lib/screen";

const CELL_PX = 120;
const OVERSCAN = 4;

const useStyles = makeStyles({
  root: {
    height: "100%",
    boxSizing: "border-box",
    overflowY: "auto",
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalXL}`,
    [NARROW]: { paddingInline: tokens.spacingHorizontalM },
  },
  cells: { position: "relative", maxWidth: "1100px" },
  cell: { position: "absolute", insetInline: 0, top: 0 },
});

interface Props {
  readonly text: string;
  readonly name: string;
}

/** A notebook as its file has it, without a kernel. Only the cells in sight are drawn. */
export function NotebookPreview({ text, name }: Props) {
  const { t } = useTranslation("notebooks");
  const notebook = useMemo(() => parsed(text), [text]);
  if (notebook instanceof NotANotebook) {
    return (
      <Empty
        icon={<DocumentErrorRegular />}
        title={t("preview.unreadable")}
        text={t(`preview.${notebook.why}`)}
      />
    );
  }
  if (notebook.cells.length === 0) {
    return <Empty icon={<NotebookRegular />} title={t("preview.empty")} />;
  }
  return <Cells notebook={notebook} name={name} />;
}

function parsed(text: string): Notebook | NotANotebook {
  try {
    return parseNotebook(text);
  } catch (error) {
    if (error instanceof NotANotebook) return error;
    throw error;
  }
}

function Cells({ notebook, name }: { readonly notebook: Notebook; readonly name: string }) {
  const styles = useStyles();
  const { t } = useTranslation("notebooks");
  const language = useLanguage(notebook.language);
  const scroll = useRef<HTMLDivElement>(null);
  const inSight = useVirtualizer({
    count: notebook.cells.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => CELL_PX,
    overscan: OVERSCAN,
  });
  return (
    <div
      className={styles.root}
      ref={scroll}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll it
      tabIndex={0}
      role="document"
      aria-label={t("preview.label", { name })}
    >
      <div className={styles.cells} style={{ height: inSight.getTotalSize() }}>
        {inSight.getVirtualItems().map(({ index, start }) => {
          const cell = notebook.cells[index];
          return (
            cell && (
              <div
                key={cell.key}
                ref={inSight.measureElement}
                data-index={index}
                className={styles.cell}
                style={{ transform: `translateY(${start}px)` }}
              >
                <CellView cell={cell} language={language} />
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}

function useLanguage(name: string): LanguageSupport | null {
  const [language, setLanguage] = useState<LanguageSupport | null>(null);
  useEffect(() => {
    let wanted = true;
    void languageOfKernel(name).then((found) => wanted && setLanguage(found));
    return () => {
      wanted = false;
    };
  }, [name]);
  return language;
}
