/** Short messages about what was done, or failed, after the place it was asked for may be gone. */
import {
  Toast,
  ToastBody,
  Toaster,
  ToastTitle,
  useId,
  useToastController,
} from "@fluentui/react-components";
import { createContext, type ReactNode, useContext, useMemo } from "react";
import { messageOf } from "@/components/ErrorMessage";

interface Tell {
  /** Something was done. */
  done(title: string): void;
  /** Something failed: what it was, and the API's own sentence. */
  failed(title: string, error: unknown): void;
}

const Context = createContext<Tell | null>(null);

export function Toasts({ children }: { children: ReactNode }) {
  const toaster = useId("toaster");
  const { dispatchToast } = useToastController(toaster);
  const tell = useMemo<Tell>(
    () => ({
      done: (title) =>
        dispatchToast(
          <Toast>
            <ToastTitle>{title}</ToastTitle>
          </Toast>,
          { intent: "success" },
        ),
      failed: (title, error) =>
        dispatchToast(
          <Toast>
            <ToastTitle>{title}</ToastTitle>
            <ToastBody>{messageOf(error)}</ToastBody>
          </Toast>,
          { intent: "error", timeout: 12_000 },
        ),
    }),
    [dispatchToast],
  );
  return (
    <Context.Provider value={tell}>
      {children}
      <Toaster toasterId={toaster} position="bottom-end" pauseOnHover limit={4} />
    </Context.Provider>
  );
}

/** Tell the person what was done or what failed. */
export function useTell(): Tell {
  const tell = useContext(Context);
  if (!tell) throw new Error("useTell is used outside Toasts");
  return tell;
}
