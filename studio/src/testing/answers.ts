/** The network of a test: what is asked, and what is answered. Nothing else is replaced. */
import { vi } from "vitest";

export interface Asked {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: string;
}

type Answer = (asked: Asked) => Response | Promise<Response>;

/** Answer every request by `answer`; returns the requests so far. */
export function answering(answer: Answer): Asked[] {
  const all: Asked[] = [];
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init: RequestInit = {}) => {
    const url = new URL(input instanceof Request ? input.url : String(input), location.origin);
    const asked = {
      method: init.method ?? (input instanceof Request ? input.method : "GET"),
      path: url.pathname,
      query: url.searchParams,
      headers: new Headers(input instanceof Request ? input.headers : init.headers),
      body: typeof init.body === "string" ? init.body : "",
    };
    all.push(asked);
    return answer(asked);
  });
  return all;
}

export function json(body: unknown, status = 200): Response {
  return Response.json(body, { status });
}

/** A refusal as the API sends it. */
export function refused(status: number, code: string, message: string): Response {
  return json({ error: { code, message } }, status);
}

/** No answer, as `fetch` says it. */
export function silence(): never {
  throw new TypeError("Failed to fetch");
}
