import { makeStyles, tokens } from "@fluentui/react-components";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { markdownOf } from "@/features/notebooks/preview/markdown";
import { base64, type Output } from "@/features/notebooks/preview/parse";
import { SafeHtml } from "@/features/notebooks/preview/SafeHtml";
import { hasContent, sanitized } from "@/features/notebooks/preview/sanitize";
import { TextOutput } from "@/features/notebooks/preview/TextOutput";

const useStyles = makeStyles({
  // Plots are often transparent with black text: on white in both themes.
  image: {
    maxWidth: "100%",
    height: "auto",
    backgroundColor: tokens.colorNeutralForegroundInverted2,
    display: "block",
  },
});

type Shown =
  | { readonly as: "html"; readonly content: DocumentFragment }
  | { readonly as: "image"; readonly src: string }
  | { readonly as: "text"; readonly text: string }
  | { readonly as: "nothing" };

const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"] as const;

/** The best form of a result that can be shown without running anything. */
export function shownOf(data: Readonly<Record<string, string>>): Shown {
  const html = data["text/html"];
  if (html !== undefined) {
    const content = sanitized(html);
    if (hasContent(content)) return { as: "html", content };
  }
  for (const type of PICTURES) {
    const picture = data[type];
    if (picture) return { as: "image", src: `data:${type};base64,${base64(picture)}` };
  }
  const svg = data["image/svg+xml"];
  // As a picture: a browser runs no script in one, and loads nothing for it.
  if (svg) return { as: "image", src: `data:image/svg+xml,${encodeURIComponent(svg)}` };
  const markdown = data["text/markdown"];
  if (markdown !== undefined) return { as: "html", content: markdownOf(markdown) };
  const text = data["text/plain"] ?? data["text/latex"] ?? data["application/json"];
  return text === undefined ? { as: "nothing" } : { as: "text", text };
}

/** One output of a cell. */
export function CellOutput({ output }: { readonly output: Output }) {
  if (output.type === "stream") {
    return <TextOutput text={output.text} tone={output.error ? "warning" : undefined} />;
  }
  if (output.type === "error") return <TextOutput text={output.text} tone="failed" />;
  return <Result data={output.data} />;
}

function Result({ data }: { readonly data: Readonly<Record<string, string>> }) {
  const styles = useStyles();
  const { t } = useTranslation("notebooks");
  const shown = useMemo(() => shownOf(data), [data]);
  switch (shown.as) {
    case "html":
      return <SafeHtml content={shown.content} label={t("preview.output")} />;
    case "image":
      return (
        <img
          className={styles.image}
          src={shown.src}
          alt={data["text/plain"] ?? t("preview.image")}
        />
      );
    case "text":
      return <TextOutput text={shown.text} />;
    case "nothing":
      return <TextOutput text={t("preview.notShown")} />;
  }
}
