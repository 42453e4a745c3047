import { Button, makeStyles, tokens } from "@fluentui/react-components";
import type { UseMutationResult } from "@tanstack/react-query";
import type { FormEvent, ReactNode } from "react";
import { ErrorMessage } from "@/components/ErrorMessage";

const useStyles = makeStyles({
  form: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "end",
    gap: tokens.spacingHorizontalM,
    marginBottom: tokens.spacingVerticalL,
  },
});

interface Props {
  /** What the fields are for. */
  readonly send: UseMutationResult<unknown, Error, void>;
  /** What the button says. */
  readonly verb: string;
  /** The title over an error. */
  readonly failed: string;
  /** The fields. */
  readonly children: ReactNode;
}

/** Fields on one line, with the button that sends them off at its end. */
export function InlineForm({ send, verb, failed, children }: Props) {
  const styles = useStyles();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send.mutate();
  };
  return (
    <>
      {send.isError && <ErrorMessage error={send.error} title={failed} />}
      <form className={styles.form} onSubmit={submit}>
        {children}
        <Button type="submit" appearance="primary" disabled={send.isPending}>
          {verb}
        </Button>
      </form>
    </>
  );
}
