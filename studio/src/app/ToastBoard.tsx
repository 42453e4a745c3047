import {
  Toast,
  ToastBody,
  Toaster,
  ToastTitle,
  useId,
  useToastController,
} from "@fluentui/react-components";
import { useEffect, useRef } from "react";
import type { Message } from "@/app/toasts";

const ERROR_MS = 12_000;

/** Shows each message once, for a while. */
export default function ToastBoard({ messages }: { readonly messages: readonly Message[] }) {
  const toaster = useId("toaster");
  const { dispatchToast } = useToastController(toaster);
  const shown = useRef(0);
  useEffect(() => {
    for (const { intent, title, text } of messages.slice(shown.current)) {
      dispatchToast(
        <Toast>
          <ToastTitle>{title}</ToastTitle>
          {text && <ToastBody>{text}</ToastBody>}
        </Toast>,
        { intent, ...(intent === "error" && { timeout: ERROR_MS }) },
      );
    }
    shown.current = messages.length;
  }, [messages, dispatchToast]);
  return <Toaster toasterId={toaster} position="bottom-end" pauseOnHover limit={4} />;
}
