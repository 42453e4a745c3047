/**
 * Which shells of an instance this browser shows: their numbers. They are kept in the browser, so
 * all its windows show the same ones, and so does the page after a reload.
 */
import { useMemo, useState, useSyncExternalStore } from "react";

export interface Shells {
  readonly numbers: readonly number[];
  readonly current: number;
  /** Those that were begun in this window, so cannot have printed anything before. */
  readonly fresh: ReadonlySet<number>;
  readonly show: (number: number) => void;
  readonly add: () => void;
  readonly remove: (number: number) => void;
}

/** The shell's name on the instance. */
export function nameOf(number: number): string {
  return `studio_${number}`;
}

/** @param instance its ARM id. */
export function useShells(instance: string): Shells {
  const key = `studiolo.shells.${instance.toLowerCase()}`;
  const text = useSyncExternalStore(subscribe, () => read(key));
  const numbers = useMemo(() => parse(text), [text]);
  const [wanted, show] = useState(numbers[0] ?? 1);
  const [fresh, setFresh] = useState<ReadonlySet<number>>(new Set());
  const current = numbers.includes(wanted) ? wanted : (numbers.at(-1) ?? 1);
  return {
    numbers,
    current,
    fresh,
    show,
    add: () => {
      const known = parse(read(key));
      const number = firstFree(known);
      write(key, [...known, number]);
      setFresh((all) => new Set(all).add(number));
      show(number);
    },
    remove: (number) => {
      write(
        key,
        parse(read(key)).filter((each) => each !== number),
      );
      setFresh((all) => new Set([...all].filter((each) => each !== number)));
    },
  };
}

export function firstFree(numbers: readonly number[]): number {
  let number = 1;
  while (numbers.includes(number)) number += 1;
  return number;
}

/** The numbers as kept; one shell where nothing is, or nothing that makes sense. */
export function parse(text: string): readonly number[] {
  try {
    const kept: unknown = JSON.parse(text);
    const numbers = Array.isArray(kept)
      ? kept.filter((each): each is number => Number.isInteger(each) && each > 0)
      : [];
    return numbers.length > 0 ? [...new Set(numbers)] : [1];
  } catch {
    return [1];
  }
}

const listeners = new Set<() => void>();
/** Where the browser keeps nothing, this does until the page is left. */
const memory = new Map<string, string>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    removeEventListener("storage", listener);
  };
}

function read(key: string): string {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return memory.get(key) ?? "";
  }
}

function write(key: string, numbers: readonly number[]): void {
  const text = JSON.stringify(numbers);
  memory.set(key, text);
  try {
    localStorage.setItem(key, text);
  } catch {
    // A private window may forbid it.
  }
  for (const each of listeners) each();
}
