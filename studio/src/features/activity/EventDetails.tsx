import {
  Button,
  DrawerBody,
  DrawerHeader,
  DrawerHeaderTitle,
  makeStyles,
  OverlayDrawer,
  tokens,
} from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import type { Event } from "@/api/activity";
import { Code } from "@/components/Code";
import { CopyButton } from "@/components/CopyButton";
import { useStatusWord } from "@/features/activity/status";
import { useFormat } from "@/lib/useFormat";

const useStyles = makeStyles({
  facts: { margin: 0, marginBottom: tokens.spacingVerticalL, overflowWrap: "anywhere" },
  term: { color: tokens.colorNeutralForeground3, marginTop: tokens.spacingVerticalS },
  value: { margin: 0 },
  copy: { marginBlock: tokens.spacingVerticalM },
});

interface Props {
  readonly event: Event | null;
  readonly close: () => void;
}

/** All that is known of one line of the log. */
export function EventDetails({ event, close }: Props) {
  const styles = useStyles();
  const { t } = useTranslation(["activity", "common"]);
  const format = useFormat();
  const word = useStatusWord();
  const facts: readonly (readonly [string, string])[] = event
    ? [
        [t("time"), format.moment(event.at)],
        [t("status"), word(event.status)],
        ...(event.detail ? [[t("detail"), event.detail] as const] : []),
        [t("caller"), event.caller],
        [t("resource"), event.resource],
        [t("action"), event.operation],
        [t("correlation"), event.correlation],
      ]
    : [];
  const json = JSON.stringify(event?.served, null, 2) ?? "";
  return (
    <OverlayDrawer
      open={event !== null}
      onOpenChange={(_, data) => !data.open && close()}
      position="end"
      size="medium"
    >
      <DrawerHeader>
        <DrawerHeaderTitle
          action={
            <Button
              appearance="subtle"
              icon={<DismissRegular />}
              aria-label={t("common:close")}
              onClick={close}
            />
          }
        >
          {event?.title}
        </DrawerHeaderTitle>
      </DrawerHeader>
      <DrawerBody>
        <dl className={styles.facts}>
          {facts.map(([term, value]) => (
            <div key={term}>
              <dt className={styles.term}>{term}</dt>
              <dd className={styles.value}>{value}</dd>
            </div>
          ))}
        </dl>
        <Code label="JSON">{json}</Code>
        <div className={styles.copy}>
          <CopyButton text={json} />
        </div>
      </DrawerBody>
    </OverlayDrawer>
  );
}
