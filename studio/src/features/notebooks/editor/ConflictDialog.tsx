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

interface Props {
  readonly name: string;
  readonly overwrite: () => void;
  readonly reload: () => void;
  readonly keepEditing: () => void;
}

/** Somebody, or a program, has changed the file since it was read. */
export function ConflictDialog({ name, overwrite, reload, keepEditing }: Props) {
  const { t } = useTranslation("notebooks");
  return (
    <Dialog open modalType="alert" onOpenChange={keepEditing}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{t("conflict.title", { name })}</DialogTitle>
          <DialogContent>{t("conflict.text")}</DialogContent>
          <DialogActions fluid>
            <Button onClick={keepEditing}>{t("conflict.keep")}</Button>
            <Button onClick={reload}>{t("conflict.reload")}</Button>
            <Button appearance="primary" onClick={overwrite}>
              {t("conflict.overwrite")}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
