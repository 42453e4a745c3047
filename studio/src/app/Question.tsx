import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import type { Asking } from "@/app/Dialogs";

interface Props extends Asking {
  readonly close: (yes: boolean) => void;
}

/** A question with a way out. */
export default function Question({ title, text, verb, close }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog open onOpenChange={() => close(false)} modalType="alert">
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          <DialogContent>{text}</DialogContent>
          <DialogActions>
            <Button onClick={() => close(false)}>{t("cancel")}</Button>
            <Button appearance="primary" onClick={() => close(true)}>
              {verb}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
