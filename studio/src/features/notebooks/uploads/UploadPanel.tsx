import { Button, makeStyles, ProgressBar, Text, Tooltip, tokens } from "@fluentui/react-components";
import {
  ArrowClockwiseRegular,
  CheckmarkCircleFilled,
  DismissRegular,
} from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import { messageOf } from "@/components/ErrorMessage";
import { nameOf } from "@/features/notebooks/paths";
import {
  again,
  cancel,
  dismiss,
  isOnItsWay,
  type Upload,
  useUploads,
} from "@/features/notebooks/uploads/store";
import { useFormat } from "@/lib/useFormat";

const useStyles = makeStyles({
  root: {
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
    display: "flex",
    flexDirection: "column",
    maxHeight: "40%",
    flexShrink: 0,
  },
  head: {
    display: "flex",
    alignItems: "center",
    paddingInline: tokens.spacingHorizontalS,
    minHeight: "36px",
  },
  grow: { flexGrow: 1, minWidth: 0 },
  list: {
    overflowY: "auto",
    listStyleType: "none",
    margin: 0,
    paddingInline: tokens.spacingHorizontalS,
    paddingBlock: 0,
  },
  item: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) auto auto",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalS,
    paddingBottom: tokens.spacingVerticalXS,
  },
  name: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  small: { color: tokens.colorNeutralForeground3, whiteSpace: "nowrap" },
  wide: { gridColumn: "1 / -1" },
  failed: { color: tokens.colorStatusDangerForeground1, gridColumn: "1 / -1" },
  done: { color: tokens.colorStatusSuccessForeground1, display: "inline-flex" },
});

/** What is being uploaded, what failed, and what has arrived. */
export function UploadPanel() {
  const styles = useStyles();
  const { t } = useTranslation(["notebooks", "common"]);
  const uploads = useUploads();
  if (uploads.length === 0) return null;
  const left = uploads.filter(isOnItsWay).length;
  return (
    <section className={styles.root} aria-label={t("upload.title")}>
      <div className={styles.head}>
        <Text weight="semibold" className={styles.grow} role="status">
          {left > 0 ? t("upload.left", { count: left }) : t("upload.ended")}
        </Text>
        {left < uploads.length && (
          <Button
            appearance="subtle"
            size="small"
            icon={<DismissRegular />}
            aria-label={t("upload.dismiss")}
            onClick={dismiss}
          />
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll it */}
      <ul className={styles.list} tabIndex={0} aria-label={t("upload.title")}>
        {uploads.map((each) => (
          <Item key={each.id} upload={each} />
        ))}
      </ul>
    </section>
  );
}

function Item({ upload }: { readonly upload: Upload }) {
  const styles = useStyles();
  const format = useFormat();
  const name = nameOf(upload.path);
  return (
    <li className={styles.item}>
      <span className={styles.name} title={upload.path}>
        {name}
      </span>
      <span className={styles.small}>
        {upload.state === "sending" && upload.sizeBytes > 0
          ? format.percent(upload.sentBytes / upload.sizeBytes)
          : format.bytes(upload.sizeBytes)}
      </span>
      <Buttons upload={upload} name={name} />
      <Progress upload={upload} name={name} />
    </li>
  );
}

function Progress({ upload, name }: { readonly upload: Upload; readonly name: string }) {
  const styles = useStyles();
  const { t } = useTranslation(["notebooks", "common"]);
  if (upload.state === "failed") {
    return <span className={styles.failed}>{messageOf(upload.error)}</span>;
  }
  if (!isOnItsWay(upload)) return null;
  return (
    <ProgressBar
      className={styles.wide}
      aria-label={t("upload.progress", { name })}
      value={upload.sizeBytes ? upload.sentBytes / upload.sizeBytes : 0}
    />
  );
}

function Buttons({ upload, name }: { readonly upload: Upload; readonly name: string }) {
  const styles = useStyles();
  const { t } = useTranslation(["notebooks", "common"]);
  if (upload.state === "done") {
    return (
      <span className={styles.done}>
        <CheckmarkCircleFilled title={t("upload.done")} />
      </span>
    );
  }
  const exists = upload.error instanceof ApiError && [409, 412].includes(upload.error.status);
  const retry = exists ? t("upload.replace.verb") : t("common:tryAgain");
  return (
    <span>
      {upload.state === "failed" && (
        <Tooltip content={retry} relationship="description">
          <Button
            appearance="subtle"
            size="small"
            icon={<ArrowClockwiseRegular />}
            aria-label={`${retry}: ${name}`}
            onClick={() => again(upload.id, exists)}
          />
        </Tooltip>
      )}
      <Button
        appearance="subtle"
        size="small"
        icon={<DismissRegular />}
        aria-label={t("upload.cancel", { name })}
        onClick={() => cancel(upload.id)}
      />
    </span>
  );
}
