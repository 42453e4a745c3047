/** The text editor. It is large: import it lazily. */
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  dropCursor,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { type Ref, useEffect, useImperativeHandle, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useDark } from "@/app/theme";
import { languageOfFile } from "@/features/notebooks/editor/languages";
import { themeOf } from "@/features/notebooks/editor/theme";
import "@/features/notebooks/code.css";

/** The text of a moment. */
export interface Snapshot {
  readonly text: string;
  /** This is what the file holds now: changes count from here. */
  saved(): void;
}

export interface EditorHandle {
  snapshot(): Snapshot;
}

interface Props {
  /** What the file holds. Another text needs another `key`. */
  readonly text: string;
  readonly name: string;
  readonly onDirty: (dirty: boolean) => void;
  readonly ref: Ref<EditorHandle>;
}

const INDENT: Readonly<Record<string, string>> = { py: "    ", sh: "    " };

/** An editor of one text, with the colours of its language. */
export function CodeEditor({ text, name, onDirty, ref }: Props) {
  const { t } = useTranslation("notebooks");
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor | null>(null);
  const told = useRef(onDirty);
  told.current = onDirty;
  const dark = useDark();
  const label = t("editor.label", { name });
  const phrases = t("editor.phrases", { returnObjects: true });
  useEffect(() => {
    if (!place.current) return;
    const made = new Editor(place.current, text, phrases, (dirty) => told.current(dirty));
    editor.current = made;
    return () => made.destroy();
  }, []);
  useEffect(() => editor.current?.setTheme(dark, label), [dark, label]);
  useEffect(() => {
    let wanted = true;
    void languageOfFile(name).then((found) => {
      if (wanted) editor.current?.setLanguage(found ?? [], INDENT[name.split(".").pop() ?? ""]);
    });
    return () => {
      wanted = false;
    };
  }, [name]);
  useImperativeHandle(ref, () => ({
    snapshot: () => editor.current?.snapshot() ?? { text, saved: () => {} },
  }));
  return <div ref={place} style={{ height: "100%", minHeight: 0 }} />;
}

/** CodeMirror, set up. */
class Editor {
  private readonly language = new Compartment();
  private readonly theme = new Compartment();
  private readonly view: EditorView;
  private base: EditorState["doc"];
  private dirty = false;

  constructor(
    parent: HTMLElement,
    text: string,
    phrases: Record<string, string>,
    private readonly told: (dirty: boolean) => void,
  ) {
    const own = [this.language.of([]), this.theme.of([]), EditorState.phrases.of(phrases)];
    const watch = EditorView.updateListener.of((update) => update.docChanged && this.look());
    const extensions = [...BASICS, ...separator(text), ...own, watch];
    this.view = new EditorView({ parent, state: EditorState.create({ doc: text, extensions }) });
    this.base = this.view.state.doc;
  }

  private look(): void {
    const dirty = !this.view.state.doc.eq(this.base);
    if (dirty === this.dirty) return;
    this.dirty = dirty;
    this.told(dirty);
  }

  snapshot(): Snapshot {
    const { doc } = this.view.state;
    return {
      text: this.view.state.sliceDoc(),
      saved: () => {
        this.base = doc;
        this.look();
      },
    };
  }

  setLanguage(language: Extension, indent = "  "): void {
    const effects = this.language.reconfigure([language, indentUnit.of(indent)]);
    this.view.dispatch({ effects });
  }

  setTheme(dark: boolean, label: string): void {
    const named = EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" });
    this.view.dispatch({ effects: this.theme.reconfigure([themeOf(dark), named]) });
  }

  destroy(): void {
    this.view.destroy();
  }
}

/** A file of Windows keeps its line ends. */
function separator(text: string): Extension[] {
  const windows = text.includes("\r\n") && !/(^|[^\r])\n/.test(text);
  return windows ? [EditorState.lineSeparator.of("\r\n")] : [];
}

const BASICS: readonly Extension[] = [
  lineNumbers(),
  foldGutter(),
  highlightSpecialChars(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  history(),
  drawSelection(),
  dropCursor(),
  indentOnInput(),
  bracketMatching(),
  search({ top: true }),
  highlightSelectionMatches(),
  syntaxHighlighting(classHighlighter),
  EditorView.lineWrapping,
  // Escape and then Tab leaves the editor, for those without a mouse.
  keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...foldKeymap, indentWithTab]),
];
