/**
 * Sending a file to the share, with its progress. By XMLHttpRequest: `fetch` does not say how much
 * of a body has gone out.
 */

import { signedOut } from "@/api/connection";
import { ConnectionLost, errorOf } from "@/api/errors";
import { filesUrl } from "@/api/files";
import type { Place } from "@/app/where";

interface Sending {
  readonly place: Place;
  readonly path: string;
  readonly file: Blob;
  /** Whether a file that is there already is replaced; it is refused with 412 or 409 otherwise. */
  readonly replace: boolean;
  readonly onProgress: (sentBytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Send a file; the share has it whole or not at all.
 *
 * @throws ApiError, ConnectionLost; DOMException AbortError where `signal` ended it
 */
export function sendFile(sending: Sending): Promise<void> {
  const { place, path, file, replace, onProgress, signal } = sending;
  return new Promise((resolve, reject) => {
    const http = new XMLHttpRequest();
    http.open("PUT", filesUrl(place, "content", { path }));
    http.setRequestHeader("Content-Type", "application/octet-stream");
    if (!replace) http.setRequestHeader("If-None-Match", "*");
    http.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    http.addEventListener("load", () => {
      if (http.status >= 200 && http.status < 300) return resolve();
      if (http.status === 401) signedOut();
      reject(errorOf(http.status, parsed(http.responseText)));
    });
    http.addEventListener("error", () => reject(new ConnectionLost()));
    http.addEventListener("abort", () => reject(new DOMException("Cancelled", "AbortError")));
    signal.addEventListener("abort", () => http.abort());
    http.send(file);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
