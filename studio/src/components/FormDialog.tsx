import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import type { FormEvent, ReactNode } from "react";
import { useTranslation } from "react-i18next";

const useStyles = makeStyles({
  fields: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalL },
});

interface Props {
  readonly open?: boolean;
  readonly title: string;
  /** What the button says that sends it off. */
  readonly verb: string;
  /** Whether it may be sent now: all is filled in, and nothing is on its way. */
  readonly ready: boolean;
  readonly submit: () => void;
  readonly close: () => void;
  readonly children: ReactNode;
}

/** A few fields to fill in, above a button that sends them off and one that does not. */
export function FormDialog({ open = true, title, verb, ready, submit, close, children }: Props) {
  const styles = useStyles();
  const { t } = useTranslation();
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (ready) submit();
  };
  return (
    <Dialog open={open} onOpenChange={close}>
      <DialogSurface>
        <form onSubmit={send}>
          <DialogBody>
            <DialogTitle>{title}</DialogTitle>
            <DialogContent className={styles.fields}>{children}</DialogContent>
            <DialogActions>
              <Button onClick={close}>{t("cancel")}</Button>
              <Button type="submit" appearance="primary" disabled={!ready}>
                {verb}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
