/** Asking before something that cannot be taken back. */
import {
  createContext,
  lazy,
  type ReactNode,
  Suspense,
  useCallback,
  useContext,
  useState,
} from "react";

const Question = lazy(() => import("@/app/Question"));

export interface Asking {
  readonly title: string;
  readonly text: ReactNode;
  /** What the button that does it says: a verb. */
  readonly verb: string;
}

type Confirm = (question: Asking) => Promise<boolean>;
const Context = createContext<Confirm | null>(null);

interface Asked extends Asking {
  readonly answer: (yes: boolean) => void;
}

export function Dialogs({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState<Asked | null>(null);
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
      {asked && (
        <Suspense>
          <Question {...asked} close={close} />
        </Suspense>
      )}
    </Context.Provider>
  );
}

/** Ask; resolves to whether the person said yes. */
export function useConfirm(): Confirm {
  const confirm = useContext(Context);
  if (!confirm) throw new Error("useConfirm is used outside Dialogs");
  return confirm;
}
