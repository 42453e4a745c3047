/** The editor in the studio's colours. */
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tokens } from "@fluentui/react-components";

export function themeOf(dark: boolean): Extension {
  return EditorView.theme(
    {
      "&": {
        height: "100%",
        fontSize: tokens.fontSizeBase300,
        color: tokens.colorNeutralForeground1,
        backgroundColor: tokens.colorNeutralBackground1,
      },
      "&.cm-focused": { outline: "none" },
      ".cm-scroller": { fontFamily: tokens.fontFamilyMonospace, lineHeight: "1.5" },
      ".cm-content": { caretColor: tokens.colorNeutralForeground1, paddingBlock: "8px" },
      ".cm-cursor, .cm-dropCursor": { borderLeftColor: tokens.colorNeutralForeground1 },
      ".cm-gutters": {
        backgroundColor: tokens.colorNeutralBackground1,
        color: tokens.colorNeutralForeground3,
        border: "none",
      },
      ".cm-activeLine": { backgroundColor: tokens.colorSubtleBackgroundHover },
      ".cm-activeLineGutter": {
        backgroundColor: tokens.colorSubtleBackgroundHover,
        color: tokens.colorNeutralForeground2,
      },
      "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
        { backgroundColor: tokens.colorBrandBackground2Pressed },
      ".cm-panels": {
        backgroundColor: tokens.colorNeutralBackground2,
        color: tokens.colorNeutralForeground1,
      },
      ".cm-panels-top": { borderBottom: `1px solid ${tokens.colorNeutralStroke2}` },
      ".cm-textfield": {
        backgroundColor: tokens.colorNeutralBackground1,
        color: tokens.colorNeutralForeground1,
        border: `1px solid ${tokens.colorNeutralStroke1}`,
        borderRadius: tokens.borderRadiusMedium,
      },
      ".cm-button": {
        backgroundImage: "none",
        backgroundColor: tokens.colorNeutralBackground1,
        color: tokens.colorNeutralForeground1,
        border: `1px solid ${tokens.colorNeutralStroke1}`,
        borderRadius: tokens.borderRadiusMedium,
      },
      ".cm-searchMatch": { backgroundColor: tokens.colorPaletteYellowBackground2 },
      ".cm-searchMatch, .cm-searchMatch *": { color: tokens.colorNeutralForeground1 },
    },
    { dark },
  );
}
