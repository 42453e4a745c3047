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

/** Over whatever is open, which stays as it is: text in an editor can still be copied. */
export default function SignedOut() {
  const { t } = useTranslation();
  return (
    <Dialog open modalType="alert">
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{t("signedOut.title")}</DialogTitle>
          <DialogContent>{t("signedOut.text")}</DialogContent>
          <DialogActions>
            <Button
              appearance="primary"
              onClick={() => {
                const here = location.pathname + location.search;
                location.assign(`/signin?${new URLSearchParams({ next: here })}`);
              }}
            >
              {t("signIn")}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
