/** What programs write for terminals: colours, and lines that are written over. */

export interface Span {
  readonly text: string;
  /** 0 to 15, as terminals count them; null for the usual one. */
  readonly colour: number | null;
  readonly bold: boolean;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what escape sequences begin with
const ESCAPE = /\x1b\[([0-9;?]*)([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]/g;

/** The text in pieces of one colour. Whatever else an escape sequence wants is left out. */
export function spansOf(text: string): Span[] {
  const spans: Span[] = [];
  let style = { colour: null as number | null, bold: false };
  let from = 0;
  const add = (to: number) => {
    if (to > from) spans.push({ text: text.slice(from, to), ...style });
  };
  for (const found of text.matchAll(ESCAPE)) {
    add(found.index);
    from = found.index + found[0].length;
    if (found[2] === "m") style = styled(style, (found[1] || "0").split(";").map(Number));
  }
  add(text.length);
  return spans;
}

function styled(style: { colour: number | null; bold: boolean }, codes: readonly number[]) {
  let { colour, bold } = style;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 0) [colour, bold] = [null, false];
    else if (code === 1) bold = true;
    else if (code === 22) bold = false;
    else if (code === 39) colour = null;
    else if (code >= 30 && code <= 37) colour = code - 30;
    else if (code >= 90 && code <= 97) colour = code - 82;
    else if (code === 38 || code === 48) {
      // One of 256, or of all: the first sixteen are the ones that a theme has.
      const short = codes[at + 1] === 5;
      const wanted = codes[at + 2] ?? 16;
      if (code === 38) colour = short && wanted < 16 ? wanted : null;
      at += short ? 2 : 4;
    }
  }
  return { colour, bold };
}

/** What a terminal would show at the end: after a carriage return a line is written over. */
export function settled(text: string): string {
  if (!text.includes("\r") && !text.includes("\b")) return text;
  return text.replaceAll("\r\n", "\n").split("\n").map(line).join("\n");
}

function line(text: string): string {
  const written = text.split("\r").reduce((before, after) => after + before.slice(after.length));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a backspace takes a letter away
  return written.replace(/[^\x08]\x08/g, "");
}
