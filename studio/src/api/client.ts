/**
 * The one way to the API. Paths, bodies and answers are typed by `schema.d.ts`, which is generated
 * from the control plane's OpenAPI description (`npm run types`).
 */
import createClient, { type Middleware } from "openapi-fetch";
import { heard, lost, signedOut } from "@/api/connection";
import { ConnectionLost, errorOf } from "@/api/errors";
import type { paths } from "@/api/schema";

export const API_VERSION = "2024-10-01";

/** Statuses of a gateway with nothing behind it. The API has a 503 too, but gives it an id. */
const AWAY = new Set([502, 503, 504]);

function away(response: Response): boolean {
  return AWAY.has(response.status) && !response.headers.has("x-ms-request-id");
}

const turnErrors: Middleware = {
  onRequest({ request }) {
    const url = new URL(request.url);
    if (!url.pathname.startsWith("/subscriptions") || url.searchParams.has("api-version")) return;
    url.searchParams.set("api-version", API_VERSION);
    return new Request(url, request);
  },
  async onResponse({ response }) {
    if (away(response)) {
      lost();
      throw new ConnectionLost();
    }
    heard();
    if (response.ok) return;
    if (response.status === 401) signedOut();
    throw errorOf(response.status, await bodyOf(response));
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    lost();
    return new ConnectionLost();
  },
};

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

export const api = createClient<paths>({ baseUrl: "/" });
api.use(turnErrors);

/**
 * A request that openapi-fetch cannot make (a stream of bytes, a link that the API gave), with the
 * same errors.
 *
 * @throws ApiError, ConnectionLost
 */
export async function request(url: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    lost();
    throw new ConnectionLost();
  }
  if (away(response)) {
    lost();
    throw new ConnectionLost();
  }
  heard();
  if (response.ok) return response;
  if (response.status === 401) signedOut();
  throw errorOf(response.status, await bodyOf(response));
}

interface Page<T> {
  value: T[];
  nextLink?: string | null;
}

/** Every item of a list, following `nextLink` to its end. */
export async function allPages<T>(first: Page<T>, signal?: AbortSignal): Promise<T[]> {
  const items = [...first.value];
  let next = first.nextLink;
  while (next) {
    const here = new URL(next);
    const answer = await request(here.pathname + here.search, signal ? { signal } : {});
    const page: Page<T> = await answer.json();
    items.push(...page.value);
    next = page.nextLink;
  }
  return items;
}
