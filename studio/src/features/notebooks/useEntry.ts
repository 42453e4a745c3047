/** What is at a path, as the list of its folder says. */
import { useQuery } from "@tanstack/react-query";
import { hasStatus } from "@/api/errors";
import { type Entry, folderQuery } from "@/api/files";
import { usePlace } from "@/app/where";
import { parentOf } from "@/features/notebooks/paths";

export type Found =
  | { readonly is: "loading" }
  | { readonly is: "top" }
  | { readonly is: "there"; readonly entry: Entry }
  | { readonly is: "missing" }
  | { readonly is: "failed"; readonly error: Error; readonly retry: () => unknown };

export function useEntry(path: string): Found {
  const folder = useQuery(folderQuery(usePlace(), parentOf(path)));
  if (path === "") return { is: "top" };
  const entry = folder.data?.find((each) => each.path === path);
  if (entry) return { is: "there", entry };
  if (folder.isError) {
    const gone = hasStatus(folder.error, 404) || hasStatus(folder.error, 409);
    return gone ? { is: "missing" } : { is: "failed", error: folder.error, retry: folder.refetch };
  }
  return { is: folder.isFetching ? "loading" : "missing" };
}
