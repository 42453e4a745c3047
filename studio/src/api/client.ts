/** The one way to the API, and what can go wrong with a request. */
import { heard, lost, signedOut } from "@/api/connection";
import { ConnectionLost, errorOf } from "@/api/errors";

export const API_VERSION = "2024-10-01";

/** Statuses of a gateway with nothing behind it. The API has a 503 too, but gives it an id. */
const AWAY = new Set([502, 503, 504]);

function away(response: Response): boolean {
  return AWAY.has(response.status) && !response.headers.has("x-ms-request-id");
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

/**
 * A request whose refusal is an error.
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

/**
 * A request that says something, as JSON.
 *
 * @throws ApiError, ConnectionLost
 */
export function sendJson(
  method: "PATCH" | "POST" | "PUT",
  url: string,
  body: object,
  { headers, ...more }: RequestInit & { headers?: Record<string, string> } = {},
): Promise<Response> {
  return request(url, {
    method,
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
    ...more,
  });
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
