/**
 * Small choices kept in this browser (theme, language, last workspace). A browser that keeps nothing
 * forgets them at a reload, and everything else works.
 */
import { useSyncExternalStore } from "react";

export interface Remembered<T extends string> {
  get(): T;
  set(value: T): void;
  subscribe(listener: () => void): () => void;
}

/** A value under a name; `fallback` until one is set. */
export function remembered<T extends string>(name: string, fallback: T): Remembered<T> {
  const key = `studiolo.${name}`;
  const listeners = new Set<() => void>();
  let value = (read(key) as T | null) ?? fallback;
  return {
    get: () => value,
    set(next) {
      value = next;
      write(key, next);
      for (const each of listeners) each();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The value, and again when it changes. */
export function useRemembered<T extends string>(what: Remembered<T>): T {
  return useSyncExternalStore(what.subscribe, what.get);
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A private window may forbid it.
  }
}
