/** A text file in the editor: read once, saved only over the version that was read. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { hasStatus } from "@/api/errors";
import { type Content, readContent, refreshFolder, writeContent } from "@/api/files";
import { useTell } from "@/app/toasts";
import { usePlace } from "@/app/where";
import type { Snapshot } from "@/features/notebooks/editor/CodeEditor";
import { textOf } from "@/features/notebooks/kinds";
import { nameOf, parentOf } from "@/features/notebooks/paths";

interface Loaded {
  /** Null if the file is no text. */
  readonly text: string | null;
  /** Counts how often it was read: another editor is made for each. */
  readonly reading: number;
}

/** @param id of its tab, which stays when the file is renamed. */
export function useTextDocument(id: number, path: string) {
  const place = usePlace();
  const client = useQueryClient();
  const tell = useTell();
  const { t } = useTranslation("notebooks");
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [etag, setEtag] = useState("");
  const [saving, setSaving] = useState(false);
  const [conflict, setConflict] = useState(false);

  const take = ({ bytes, etag }: Content) => {
    setLoaded((before) => ({ text: textOf(bytes), reading: (before?.reading ?? 0) + 1 }));
    setEtag(etag);
  };

  const first = useQuery({
    queryKey: ["text", place, id],
    queryFn: async ({ signal }) => {
      take(await readContent(place, path, signal));
      return true;
    },
    enabled: loaded === null,
    gcTime: 0,
  });

  const write = async (snapshot: Snapshot, condition: Record<string, string>) => {
    setSaving(true);
    try {
      const entry = await writeContent(place, path, snapshot.text, condition);
      setEtag(entry.etag ?? "");
      snapshot.saved();
      void refreshFolder(client, place, parentOf(path));
    } catch (error) {
      if (hasStatus(error, 412)) setConflict(true);
      else tell.failed(t("save.failed", { name: nameOf(path) }), error);
    } finally {
      setSaving(false);
    }
  };

  /** Throw the changes away for what the file holds now. */
  const reload = async () => {
    setConflict(false);
    try {
      take(await readContent(place, path));
    } catch (error) {
      tell.failed(t("save.notReloaded", { name: nameOf(path) }), error);
    }
  };

  return {
    loaded,
    error: loaded ? null : first.error,
    retry: first.refetch,
    saving,
    conflict,
    save: (snapshot: Snapshot) => write(snapshot, { "If-Match": etag }),
    overwrite: async (snapshot: Snapshot) => {
      setConflict(false);
      await write(snapshot, {});
    },
    reload,
    keepEditing: () => setConflict(false),
  };
}
