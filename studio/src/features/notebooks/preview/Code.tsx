import type { LanguageSupport } from "@codemirror/language";
import { classHighlighter, highlightCode } from "@lezer/highlight";
import { memo, type ReactNode } from "react";
import "@/features/notebooks/code.css";

/** Longer code is shown without colours. */
const LONGEST = 50_000;

interface Props {
  readonly code: string;
  readonly language: LanguageSupport | null;
}

/** Code in colours, which cannot be edited. */
export const Code = memo(function Code({ code, language }: Props) {
  return <code>{language && code.length < LONGEST ? coloured(code, language) : code}</code>;
});

function coloured(code: string, { language }: LanguageSupport): ReactNode[] {
  const parts: ReactNode[] = [];
  highlightCode(
    code,
    language.parser.parse(code),
    classHighlighter,
    (text, classes) =>
      parts.push(
        classes ? (
          <span key={parts.length} className={classes}>
            {text}
          </span>
        ) : (
          text
        ),
      ),
    () => parts.push("\n"),
  );
  return parts;
}
