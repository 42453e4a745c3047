import { makeStyles, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Entry, readContent } from "@/api/files";
import { usePlace } from "@/app/where";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";
import { IMAGES } from "@/features/notebooks/kinds";
import { DownloadOffer } from "@/features/notebooks/open/DownloadOffer";
import { extensionOf } from "@/features/notebooks/paths";
import type { FileActions } from "@/features/notebooks/useFileActions";

const useStyles = makeStyles({
  root: {
    flexGrow: 1,
    minHeight: 0,
    overflow: "auto",
    display: "grid",
    placeItems: "center",
    padding: tokens.spacingHorizontalL,
  },
  // Pictures of plots are often transparent with black text: on white in both themes.
  image: {
    maxWidth: "100%",
    backgroundColor: tokens.colorNeutralForegroundInverted2,
    boxShadow: tokens.shadow4,
  },
});

interface Props {
  readonly path: string;
  readonly entry: Entry;
  readonly actions: FileActions;
}

/** A picture. */
export function ImageFile({ path, entry, actions }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("notebooks");
  const place = usePlace();
  const [broken, setBroken] = useState(false);
  const image = useQuery({
    queryKey: ["image", place, path, entry.etag],
    queryFn: async ({ signal }) => {
      const { bytes } = await readContent(place, path, signal);
      return dataUrl(bytes, IMAGES[extensionOf(path)] ?? "");
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  if (image.isPending) return <Loading />;
  if (image.isError) return <ErrorMessage error={image.error} retry={image.refetch} />;
  if (broken) return <DownloadOffer entry={entry} actions={actions} text={t("other.broken")} />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll it
    <div className={styles.root} tabIndex={0} role="group" aria-label={entry.name}>
      <img
        className={styles.image}
        src={image.data}
        alt={entry.name}
        onError={() => setBroken(true)}
      />
    </div>
  );
}

/**
 * The bytes in an address of their own. Not a `blob:`, which has the studio's origin: an SVG opened
 * from it in a tab could run its scripts as the studio.
 */
function dataUrl(bytes: ArrayBuffer, type: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([bytes], { type }));
  });
}
