import {
  Button,
  makeStyles,
  SearchBox,
  Select,
  Switch,
  Text,
  tokens,
} from "@fluentui/react-components";
import { ArrowDownloadRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Instance } from "@/api/computes";
import { logQuery, logsQuery } from "@/api/status";
import { usePlace } from "@/app/where";
import { CopyButton } from "@/components/CopyButton";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";
import { download } from "@/lib/download";

const EVERY_MS = 2000;
const LINES = 1000;
/** Pixels from the end within which new lines are followed. */
const NEAR = 40;

const useStyles = makeStyles({
  tools: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    marginBottom: tokens.spacingVerticalM,
  },
  lines: {
    margin: 0,
    height: "56vh",
    overflow: "auto",
    padding: tokens.spacingHorizontalM,
    backgroundColor: tokens.colorNeutralBackground3,
    borderRadius: tokens.borderRadiusMedium,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
  },
});

/** The machine's logs, followed as they grow. */
export function Logs({ instance }: { readonly instance: Instance }) {
  const styles = useStyles();
  const { t } = useTranslation("details");
  const place = usePlace();
  const logs = useQuery(logsQuery(place, instance.name));
  const [chosen, setChosen] = useState("");
  const name = chosen || (logs.data?.[0] ?? "");
  if (logs.isError) return <ErrorMessage error={logs.error} retry={logs.refetch} />;
  if (!logs.data) return <Loading />;
  if (!name) return <Text>{t("noLogs")}</Text>;
  return (
    <>
      <div className={styles.tools}>
        <Select aria-label={t("log")} value={name} onChange={(_, { value }) => setChosen(value)}>
          {logs.data.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </Select>
      </div>
      <Log key={name} instance={instance} name={name} />
    </>
  );
}

function Log({ instance, name }: { readonly instance: Instance; readonly name: string }) {
  const styles = useStyles();
  const { t } = useTranslation("details");
  const place = usePlace();
  const [words, setWords] = useState("");
  const [wrap, setWrap] = useState(true);
  const log = useQuery({
    ...logQuery(place, instance.name, name, LINES),
    refetchInterval: EVERY_MS,
  });
  const wanted = words.toLowerCase();
  const text = (log.data ?? "")
    .split("\n")
    .filter((line) => line.toLowerCase().includes(wanted))
    .join("\n");
  const box = useFollowing(text);
  if (log.isError && log.data === undefined) {
    return <ErrorMessage error={log.error} retry={log.refetch} />;
  }
  return (
    <>
      <div className={styles.tools}>
        <SearchBox
          placeholder={t("searchLog")}
          aria-label={t("searchLog")}
          value={words}
          onChange={(_, { value }) => setWords(value)}
        />
        <Switch label={t("wrap")} checked={wrap} onChange={(_, data) => setWrap(data.checked)} />
        <CopyButton text={text} />
        <Button
          icon={<ArrowDownloadRegular />}
          onClick={() => download(`${instance.name}-${name}.log`, "text/plain", text)}
        >
          {t("download")}
        </Button>
      </div>
      <pre
        ref={box}
        className={styles.lines}
        style={wrap ? { whiteSpace: "pre-wrap", overflowWrap: "anywhere" } : {}}
        // A person with a keyboard must be able to scroll it.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: as above
        tabIndex={0}
        role="log"
        aria-label={name}
        aria-live="off"
      >
        {text || t(log.isPending ? "loadingLog" : "emptyLog")}
      </pre>
    </>
  );
}

/** Stays at the end while the end is looked at, and leaves alone who reads further up. */
function useFollowing(text: string) {
  const box = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () => {
      atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    };
    element.addEventListener("scroll", look);
    return () => element.removeEventListener("scroll", look);
  });
  useLayoutEffect(() => {
    if (atEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  return box;
}
