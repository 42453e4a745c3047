/** Paths in the share (`Users/alice/train.ipynb`; empty for its top), and addresses of them. */
import { type Place, pageOf } from "@/app/where";

/** Bytes of one name; the limit of Linux's file systems. */
const LONGEST_NAME = 255;

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

export function join(folder: string, name: string): string {
  return folder ? `${folder}/${name}` : name;
}

/** The folders above a path, from the share's top down. */
export function foldersAbove(path: string): string[] {
  const names = path.split("/");
  return names.map((_, count) => names.slice(0, count).join("/"));
}

/** Whether it is that folder, or lies below it. */
export function isIn(path: string, folder: string): boolean {
  return folder === "" || path === folder || path.startsWith(`${folder}/`);
}

/** Where a path is after `from` became `to`; as it was if it did not lie in there. */
export function movedPath(path: string, from: string, to: string): string {
  return isIn(path, from) ? to + path.slice(from.length) : path;
}

/** The extension in lower case, without its dot; empty where there is none. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : "";
}

export type NameProblem = "empty" | "slash" | "reserved" | "long";

/** Why nothing can be called so; the API has the last word. */
export function nameProblem(name: string): NameProblem | null {
  if (name.trim() === "") return "empty";
  if (name.includes("/")) return "slash";
  if (name === "." || name === "..") return "reserved";
  return new TextEncoder().encode(name).length > LONGEST_NAME ? "long" : null;
}

/** A name like this one that is not taken: `untitled.py`, `untitled-2.py`, ... */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  const dot = name.lastIndexOf(".");
  const [stem, rest] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${stem}-${count}${rest}`;
  return free;
}

/** The page's address with this path open. */
export function addressOf(place: Place, path: string): string {
  return pageOf(place, "notebooks", ...(path ? path.split("/") : []));
}

/**
 * The path in the page's address. From the address itself: the router decodes `%2F` in a name, and
 * then a slash of the name looks like one between names.
 */
export function pathIn(pathname: string): string {
  const parts = pathname.split("/").slice(5).filter(Boolean);
  return parts.map(decoded).join("/");
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
