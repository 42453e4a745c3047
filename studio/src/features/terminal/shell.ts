/** A shell on an instance as it is on the screen: xterm.js, and the line to the shell. */
import { FitAddon } from "@xterm/addon-fit";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { type ITerminalOptions, Terminal } from "@xterm/xterm";
import { Line, type LineState } from "@/features/terminal/line";
import { session } from "@/features/terminal/session";

const INTERRUPT = "\x03";
const END = "\x04";

/** How often a shell is asked to end: a program in it may take the first for itself. */
const GOODBYES = 6;
const GOODBYE_MS = 500;
const BREATH_MS = 100;

export type Key = "escape" | "tab" | "interrupt" | "up" | "down";

interface Of {
  /** `http(s)://<label>.<domain>[:port]` of the instance. */
  readonly origin: string;
  /** The same name is the same shell, from wherever it is opened. */
  readonly name: string;
  /** Whether it may be there already. */
  readonly mayExist: boolean;
}

export class Shell {
  readonly terminal: Terminal;
  readonly line: Line;
  readonly #fit = new FitAddon();
  readonly #listeners = new Set<(state: LineState) => void>();
  #replay = false;
  #muted = false;
  /** Called when a person wants to leave the terminal by the keyboard. */
  leave: () => void = () => {};
  /** Called when copying failed. */
  copyFailed: (error: unknown) => void = () => {};

  constructor({ origin, name, mayExist }: Of) {
    this.terminal = new Terminal({ scrollback: 10_000, minimumContrastRatio: 4.5 });
    this.terminal.loadAddon(this.#fit);
    this.terminal.loadAddon(new WebLinksAddon());
    const url = `${origin.replace(/^http/, "ws")}/terminals/websocket/${name}`;
    const ear = {
      state: (state: LineState) => this.#became(state),
      setup: (replay: boolean) => this.#setup(replay),
      output: (text: string) => this.#print(text),
    };
    this.line = new Line(url, () => session(origin), ear, mayExist);
    this.terminal.onData((text) => this.#typed(text));
    this.terminal.onResize(({ rows, cols }) => this.line.resize(rows, cols));
    this.terminal.attachCustomKeyEventHandler((event) => this.#key(event));
  }

  /** Draw it into an element that has its size already. */
  attach(host: HTMLElement): void {
    this.terminal.open(host);
    this.fit();
    this.line.resize(this.terminal.rows, this.terminal.cols);
  }

  /** Fill the element again. */
  fit(): void {
    this.#fit.fit();
  }

  dress(options: ITerminalOptions): void {
    this.terminal.options = options;
    this.fit();
  }

  listen(listener: (state: LineState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  dispose(): void {
    this.#listeners.clear();
    this.line.close();
    this.terminal.dispose();
  }

  /** Put what is selected into the clipboard. */
  async copy(): Promise<void> {
    if (!this.terminal.hasSelection()) return;
    try {
      await navigator.clipboard.writeText(this.terminal.getSelection());
    } catch (error) {
      this.copyFailed(error);
    }
  }

  /**
   * Type what is in the clipboard.
   *
   * @throws DOMException where the browser does not let us read it.
   */
  async paste(): Promise<void> {
    this.terminal.paste(await navigator.clipboard.readText());
  }

  press(key: Key): void {
    const cursor = this.terminal.modes.applicationCursorKeysMode ? "\x1bO" : "\x1b[";
    const texts: Record<Key, string> = {
      escape: "\x1b",
      tab: "\t",
      interrupt: INTERRUPT,
      up: `${cursor}A`,
      down: `${cursor}B`,
    };
    this.terminal.input(texts[key]);
  }

  /** End the shell: interrupt what runs in it, and say goodbye. Resolves to whether it ended. */
  async end(): Promise<boolean> {
    for (let count = 0; count < GOODBYES; count += 1) {
      if (!this.line.type(INTERRUPT)) break;
      await pause(BREATH_MS);
      this.line.type(END);
      await this.#ended(GOODBYE_MS);
    }
    return this.line.state.is !== "open";
  }

  #ended(patience: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.listen(() => done());
      const timer = setTimeout(() => done(), patience);
      const done = () => {
        stop();
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #became(state: LineState): void {
    for (const each of [...this.#listeners]) each(state);
  }

  #setup(replay: boolean): void {
    this.#replay = replay;
    // All of it comes again; a new shell begins below what the one before has printed.
    if (replay) this.terminal.reset();
    else if (this.terminal.buffer.active.cursorX > 0) this.terminal.write("\r\n");
  }

  #print(text: string): void {
    if (!this.#replay) {
      this.terminal.write(text);
      return;
    }
    // What programs asked the terminal back then has been answered; the shell would take a second
    // answer for something typed.
    this.#replay = false;
    this.#muted = true;
    this.terminal.write(text, () => {
      this.#muted = false;
    });
  }

  #typed(text: string): void {
    if (this.#muted) return;
    if (this.line.state.is === "ended" && text === "\r") this.line.connect();
    else this.line.type(text);
  }

  /** Keys that are the page's. False: the terminal leaves it to the browser. */
  #key(event: KeyboardEvent): boolean {
    if (event.type !== "keydown" || !event.ctrlKey || !event.shiftKey) return true;
    if (event.code === "KeyV") return false; // The browser pastes by itself.
    if (event.code !== "KeyC" && event.code !== "ArrowUp") return true;
    event.preventDefault();
    if (event.code === "KeyC") void this.copy();
    else this.leave();
    return false;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
