/** Short messages about what was done, or failed, after the place it was asked for may be gone. */
import {
  createContext,
  lazy,
  type ReactNode,
  Suspense,
  useContext,
  useMemo,
  useState,
} from "react";
import { messageOf } from "@/components/ErrorMessage";

const ToastBoard = lazy(() => import("@/app/ToastBoard"));

export interface Message {
  readonly intent: "success" | "error";
  readonly title: string;
  /** The API's own sentence. */
  readonly text?: string;
}

interface Tell {
  /** Something was done. */
  done(title: string): void;
  /** Something failed: what it was, and the API's own sentence. */
  failed(title: string, error: unknown): void;
}

const Context = createContext<Tell | null>(null);

/** What draws the messages is loaded with the first of them. */
export function Toasts({ children }: { children: ReactNode }) {
  const [messages, setMessages] = useState<readonly Message[]>([]);
  const tell = useMemo<Tell>(() => {
    const add = (message: Message) => setMessages((before) => [...before, message]);
    return {
      done: (title) => add({ intent: "success", title }),
      failed: (title, error) => add({ intent: "error", title, text: messageOf(error) }),
    };
  }, []);
  return (
    <Context.Provider value={tell}>
      {children}
      {messages.length > 0 && (
        <Suspense>
          <ToastBoard messages={messages} />
        </Suspense>
      )}
    </Context.Provider>
  );
}

/** Tell the person what was done or what failed. */
export function useTell(): Tell {
  const tell = useContext(Context);
  if (!tell) throw new Error("useTell is used outside Toasts");
  return tell;
}
