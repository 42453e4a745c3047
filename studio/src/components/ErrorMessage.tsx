import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
} from "@fluentui/react-components";
import i18next from "i18next";
import { useTranslation } from "react-i18next";
import { ApiError, ConnectionLost } from "@/api/errors";

/** The sentence that a person should read about an error. */
export function messageOf(error: unknown): string {
  if (error instanceof ConnectionLost) return i18next.t("connectionLost");
  if (error instanceof Error) return error.message;
  return String(error);
}

interface Props {
  readonly error: unknown;
  /** What failed, in few words; by default from the error's kind. */
  readonly title?: string;
  readonly retry?: () => unknown;
}

/** An error in the place of what could not be shown, with a way to try again. */
export function ErrorMessage({ error, title, retry }: Props) {
  const { t } = useTranslation();
  const refused = error instanceof ApiError && error.status === 403;
  return (
    <MessageBar intent={refused ? "warning" : "error"} layout="multiline" role="alert">
      <MessageBarBody>
        <MessageBarTitle>{title ?? t(refused ? "noRight" : "failed")}</MessageBarTitle>
        {messageOf(error)}
      </MessageBarBody>
      {retry && (
        <MessageBarActions>
          <Button onClick={() => void retry()}>{t("tryAgain")}</Button>
        </MessageBarActions>
      )}
    </MessageBar>
  );
}
