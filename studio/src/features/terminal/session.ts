/**
 * A session of this browser at an instance's own host, without which it opens no stream. A hidden
 * frame fetches one by itself, by way of the studio's sign-in (docs/gateway.md).
 */
import { signedOut } from "@/api/connection";
import { ApiError } from "@/api/errors";

const READY_PATH = "/_studiolo/ready";
const PATIENCE_MS = 20_000;

type Told =
  | { readonly type: "studiolo-ready" | "studiolo-signed-out" }
  | {
      readonly type: "studiolo-refused";
      readonly status: number;
      readonly code: string;
      readonly message: string;
      /** Seconds after which the frame tries again by itself; null: it does not. */
      readonly retryAfter: number | null;
    };

const underWay = new Map<string, Promise<void>>();

/**
 * Resolves once there is a session. Several who ask at once share one frame.
 *
 * @param origin of the instance's host; what another origin says is not believed.
 * @throws ApiError (refused, or signed out), or an Error where nothing was told in time.
 */
export function session(origin: string): Promise<void> {
  const known = underWay.get(origin);
  if (known) return known;
  const asked = ask(origin).finally(() => underWay.delete(origin));
  underWay.set(origin, asked);
  return asked;
}

async function ask(origin: string): Promise<void> {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.src = origin + READY_PATH;
  document.body.append(frame);
  try {
    await word(origin, frame);
  } finally {
    frame.remove();
  }
}

/** Wait for the frame's word. */
function word(origin: string, frame: HTMLIFrameElement): Promise<void> {
  let hear: (event: MessageEvent<Told>) => void;
  let timer: ReturnType<typeof setTimeout>;
  const told = new Promise<void>((resolve, reject) => {
    hear = ({ origin: from, source, data }) => {
      if (from !== origin || source !== frame.contentWindow) return;
      if (data.type === "studiolo-ready") resolve();
      else fail(data, reject);
    };
    addEventListener("message", hear);
    timer = setTimeout(() => reject(new Error(`${origin} did not answer.`)), PATIENCE_MS);
  });
  return told.finally(() => {
    clearTimeout(timer);
    removeEventListener("message", hear);
  });
}

function fail(told: Told, reject: (error: ApiError) => void): void {
  if (told.type === "studiolo-signed-out") {
    signedOut();
    reject(new ApiError(401, "AuthenticationFailed", "The session has ended."));
  } else if (told.type === "studiolo-refused" && told.retryAfter === null) {
    reject(new ApiError(told.status, told.code, told.message));
  }
}
