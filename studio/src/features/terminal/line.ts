/**
 * The line to one shell on an instance, by the protocol of its terminals (terminado): JSON arrays
 * over a WebSocket. It comes back by itself when it is cut; the shell has gone on meanwhile, and what
 * it printed is sent again from the beginning.
 */
import { ApiError } from "@/api/errors";

export type LineState =
  /** Not wanted: the instance does not run. */
  | { readonly is: "off" }
  /** On the way. `failures`: how many times in a row it did not come about. */
  | { readonly is: "connecting"; readonly failures: number }
  | { readonly is: "open"; readonly again: boolean }
  /** The shell itself has ended. */
  | { readonly is: "ended" }
  /** Refused for good. */
  | { readonly is: "refused"; readonly error: ApiError };

export interface Ear {
  state(state: LineState): void;
  /** A shell answers. `replay`: what it printed before comes now, as the next output. */
  setup(replay: boolean): void;
  output(text: string): void;
}

/** Milliseconds to wait after the first failure, the second, and so on; the last for all others. */
export const PAUSES_MS = [300, 1000, 2000, 5000] as const;

const FINAL = new Set([403, 404]);

export class Line {
  #state: LineState = { is: "off" };
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts what was begun, so that what was given up is not gone on with. */
  #turn = 0;
  #failures = 0;
  #heard = false;
  #size: readonly [rows: number, columns: number] | null = null;
  #replays: boolean;

  /**
   * @param url of the shell's stream.
   * @param prepare sees to a session at the instance's host; called before every attempt.
   * @param mayExist whether the shell may be there already, with something printed.
   */
  constructor(
    readonly url: string,
    readonly prepare: () => Promise<void>,
    readonly ear: Ear,
    mayExist: boolean,
  ) {
    this.#replays = mayExist;
  }

  get state(): LineState {
    return this.#state;
  }

  /** Begin, unless it is open or on its way. After the end of a shell this makes another one. */
  connect(): void {
    if (this.#state.is === "open" || this.#state.is === "connecting") return;
    this.#failures = 0;
    void this.#attempt();
  }

  /** Do not wait for the next attempt. */
  hurry(): void {
    if (this.#state.is !== "connecting" || this.#socket) return;
    clearTimeout(this.#timer);
    void this.#attempt();
  }

  /** Hang up. The shell goes on where its instance does. */
  close(): void {
    this.#turn += 1;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#socket = null;
    this.#become({ is: "off" });
  }

  /** What was typed. Resolves to whether anybody was there to take it. */
  type(text: string): boolean {
    return this.#send(["stdin", text]);
  }

  resize(rows: number, columns: number): void {
    this.#size = [rows, columns];
    this.#send(["set_size", rows, columns]);
  }

  async #attempt(): Promise<void> {
    const turn = ++this.#turn;
    this.#become({ is: "connecting", failures: this.#failures });
    try {
      await this.prepare();
    } catch (error) {
      if (turn !== this.#turn) return;
      if (error instanceof ApiError && FINAL.has(error.status)) {
        this.#become({ is: "refused", error });
      } else this.#again();
      return;
    }
    if (turn === this.#turn) this.#open(turn);
  }

  #open(turn: number): void {
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    this.#heard = false;
    socket.onmessage = ({ data }) => {
      if (turn === this.#turn) this.#hear(JSON.parse(data));
    };
    socket.onclose = () => {
      if (turn !== this.#turn) return;
      this.#socket = null;
      // Only an answer makes it a shell whose output we may have seen.
      if (this.#heard) this.#replays = true;
      if (this.#state.is !== "ended") this.#again();
    };
  }

  #hear([kind, content]: readonly [string, unknown]): void {
    if (kind === "setup") this.#begin();
    if (kind === "stdout" && typeof content === "string") this.ear.output(content);
    if (kind === "disconnect") {
      this.#replays = false;
      this.#heard = false;
      this.#become({ is: "ended" });
    }
  }

  #begin(): void {
    const again = this.#failures > 0;
    this.#failures = 0;
    this.#heard = true;
    this.ear.setup(this.#replays);
    this.#become({ is: "open", again });
    if (this.#size) this.#send(["set_size", ...this.#size]);
  }

  #again(): void {
    const pause = PAUSES_MS[Math.min(this.#failures, PAUSES_MS.length - 1)];
    this.#failures += 1;
    this.#become({ is: "connecting", failures: this.#failures });
    this.#timer = setTimeout(() => void this.#attempt(), pause);
  }

  #send(message: readonly unknown[]): boolean {
    if (this.#state.is !== "open" || !this.#socket) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #become(state: LineState): void {
    this.#state = state;
    this.ear.state(state);
  }

  /** The instance was started anew: whatever is there now has printed nothing yet. */
  forget(): void {
    this.#replays = false;
  }
}
