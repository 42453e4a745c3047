import { makeStyles, tokens } from "@fluentui/react-components";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { signedOut } from "@/api/connection";
import { ApiError } from "@/api/errors";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";

const useStyles = makeStyles({
  frame: {
    position: "absolute",
    inset: 0,
    width: "100%",
    height: "100%",
    borderTopStyle: "none",
    borderRightStyle: "none",
    borderBottomStyle: "none",
    borderLeftStyle: "none",
  },
  over: {
    position: "absolute",
    insetInline: 0,
    top: 0,
    padding: tokens.spacingHorizontalM,
    backgroundColor: tokens.colorNeutralBackground1,
  },
});

/** What the gate's own pages in a frame tell (docs/gateway.md). */
interface Refused {
  readonly type: "studiolo-refused";
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Seconds after which the frame tries again by itself; null: it does not. */
  readonly retryAfter: number | null;
}

type Told = Refused | { readonly type: "studiolo-ready" | "studiolo-signed-out" };

interface Props {
  readonly url: string;
  /** The instance's: only what comes from there is believed. */
  readonly origin: string;
  readonly name: string;
}

/** A notebook in Notebook 7 on the instance itself. */
export function NotebookFrame({ url, origin, name }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("notebooks");
  const frame = useRef<HTMLIFrameElement>(null);
  const [attempt, setAttempt] = useState(0);
  const [loading, setLoading] = useState(true);
  const [refused, setRefused] = useState<Refused | null>(null);
  useEffect(() => {
    const hear = (event: MessageEvent<Told>) => {
      if (event.origin !== origin || event.source !== frame.current?.contentWindow) return;
      if (event.data?.type === "studiolo-signed-out") signedOut();
      if (event.data?.type === "studiolo-refused" && event.data.retryAfter === null) {
        setRefused(event.data);
      }
    };
    addEventListener("message", hear);
    return () => removeEventListener("message", hear);
  }, [origin]);
  const retry = () => {
    setRefused(null);
    setLoading(true);
    setAttempt((count) => count + 1);
  };
  return (
    <>
      <iframe
        key={attempt}
        ref={frame}
        className={styles.frame}
        src={url}
        title={t("frame.title", { name })}
        allow="clipboard-read; clipboard-write"
        onLoad={() => setLoading(false)}
      />
      {loading && (
        <div className={styles.over}>
          <Loading label={t("frame.loading")} />
        </div>
      )}
      {refused && (
        <div className={styles.over}>
          <ErrorMessage
            error={new ApiError(refused.status, refused.code, refused.message)}
            retry={retry}
          />
        </div>
      )}
    </>
  );
}
