/** Asking before something that cannot be taken back. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from "@fluentui/react-components";
import { createContext, type ReactNode, useCallback, useContext, useState } from "react";
import { useTranslation } from "react-i18next";

interface Question {
  readonly title: string;
  readonly text: ReactNode;
  /** What the button that does it says: a verb. */
  readonly verb: string;
}

type Confirm = (question: Question) => Promise<boolean>;
const Context = createContext<Confirm | null>(null);

interface Asked extends Question {
  readonly answer: (yes: boolean) => void;
}

export function Dialogs({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const { t } = useTranslation();
  const confirm = useCallback<Confirm>(
    (question) => new Promise((answer) => setAsked({ ...question, answer })),
    [],
  );
  const close = (yes: boolean) => {
    asked?.answer(yes);
    setAsked(null);
  };
  return (
    <Context.Provider value={confirm}>
      {children}
      <Dialog open={asked !== null} onOpenChange={() => close(false)} modalType="alert">
        <DialogSurface>
          <DialogBody>
            <DialogTitle>{asked?.title}</DialogTitle>
            <DialogContent>{asked?.text}</DialogContent>
            <DialogActions>
              <Button onClick={() => close(false)}>{t("cancel")}</Button>
              <Button appearance="primary" onClick={() => close(true)}>
                {asked?.verb}
              </Button>
            </DialogActions>
          </DialogBody>
        </DialogSurface>
      </Dialog>
    </Context.Provider>
  );
}

/** Ask; resolves to whether the person said yes. */
export function useConfirm(): Confirm {
  const confirm = useContext(Context);
  if (!confirm) throw new Error("useConfirm is used outside Dialogs");
  return confirm;
}
