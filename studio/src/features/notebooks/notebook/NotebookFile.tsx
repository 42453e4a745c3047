import { makeStyles } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { type Entry, readContent } from "@/api/files";
import { usePlace } from "@/app/where";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";
import { ComputeBar } from "@/features/notebooks/notebook/ComputeBar";
import { NotebookFrame } from "@/features/notebooks/notebook/NotebookFrame";
import {
  applicationUrl,
  originOf,
  usePickedCompute,
} from "@/features/notebooks/notebook/usePickedCompute";
import { nameOf } from "@/features/notebooks/paths";

const NotebookPreview = lazy(async () => ({
  default: (await import("@/features/notebooks/preview/NotebookPreview")).NotebookPreview,
}));

const useStyles = makeStyles({
  body: { flexGrow: 1, minHeight: 0, position: "relative" },
});

interface Props {
  readonly path: string;
  readonly entry: Entry;
}

/** A notebook: that of the chosen instance while it runs, or else what its file holds. */
export function NotebookFile({ path, entry }: Props) {
  const styles = useStyles();
  const compute = usePickedCompute();
  const { picked } = compute;
  const origin = picked?.state === "Running" ? originOf(picked) : null;
  return (
    <>
      <ComputeBar compute={compute} path={path} />
      <div className={styles.body}>
        {origin ? (
          <NotebookFrame
            key={origin + path}
            url={applicationUrl(origin, "notebooks", path)}
            origin={origin}
            name={nameOf(path)}
          />
        ) : (
          (compute.mine || compute.error) && <Preview path={path} entry={entry} />
        )}
      </div>
    </>
  );
}

function Preview({ path, entry }: Props) {
  const place = usePlace();
  const content = useQuery({
    queryKey: ["notebook", place, path, entry.etag],
    queryFn: async ({ signal }) =>
      new TextDecoder().decode((await readContent(place, path, signal)).bytes),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    // The one before stays in sight until the newer one is there.
    placeholderData: (before) => before,
  });
  if (content.isError) return <ErrorMessage error={content.error} retry={content.refetch} />;
  if (content.data === undefined) return <Loading />;
  return (
    <Suspense fallback={<Loading />}>
      <NotebookPreview text={content.data} name={nameOf(path)} />
    </Suspense>
  );
}
