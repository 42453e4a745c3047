import {
  Button,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  makeStyles,
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
  tokens,
} from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { createToken, revokeToken, type Token, tokensQuery } from "@/api/tokens";
import { useConfirm } from "@/app/Dialogs";
import { useTell } from "@/app/toasts";
import { CopyButton } from "@/components/CopyButton";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Section } from "@/components/Section";
import { useFormat } from "@/lib/useFormat";

const DAYS = 90;

const useStyles = makeStyles({
  form: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "end",
    gap: tokens.spacingHorizontalM,
    marginBottom: tokens.spacingVerticalL,
  },
  days: { width: "110px" },
  secret: {
    fontFamily: tokens.fontFamilyMonospace,
    overflowWrap: "anywhere",
    display: "block",
    marginBlock: tokens.spacingVerticalS,
  },
  table: { overflowX: "auto" },
});

/** Personal access tokens: made, shown once, and ended. */
export function Tokens() {
  const styles = useStyles();
  const { t } = useTranslation("settings");
  const client = useQueryClient();
  const known = useQuery(tokensQuery);
  const [name, setName] = useState("");
  const [days, setDays] = useState(String(DAYS));
  const create = useMutation({
    mutationFn: () => createToken(name, Number(days)),
    onSuccess: () => {
      setName("");
      void client.invalidateQueries(tokensQuery);
    },
  });
  return (
    <Section title={t("tokens.title")} text={t("tokens.text")}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <Field label={t("tokens.name")}>
          <Input value={name} required onChange={(_, { value }) => setName(value)} />
        </Field>
        <Field label={t("tokens.days")} className={styles.days}>
          <Input
            type="number"
            min={1}
            value={days}
            input={{ style: { width: 0 } }}
            onChange={(_, { value }) => setDays(value)}
          />
        </Field>
        <Button type="submit" appearance="primary" disabled={create.isPending}>
          {t("tokens.create")}
        </Button>
      </form>
      {create.isError && <ErrorMessage error={create.error} title={t("tokens.notCreated")} />}
      {create.data && (
        <MessageBar intent="success" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{t("tokens.once")}</MessageBarTitle>
            <span className={styles.secret}>{create.data.token}</span>
            <CopyButton text={create.data.token} />
          </MessageBarBody>
        </MessageBar>
      )}
      {known.isError && <ErrorMessage error={known.error} retry={known.refetch} />}
      {known.data && known.data.length > 0 && (
        <div className={styles.table}>
          <TokenTable all={known.data} />
        </div>
      )}
    </Section>
  );
}

function TokenTable({ all }: { readonly all: readonly Token[] }) {
  const { t } = useTranslation("settings");
  const format = useFormat();
  const client = useQueryClient();
  const confirm = useConfirm();
  const tell = useTell();
  const revoke = async (token: Token) => {
    const question = {
      title: t("tokens.revokeTitle", { name: token.name }),
      text: t("tokens.revokeText"),
      verb: t("tokens.revoke"),
    };
    if (!(await confirm(question))) return;
    try {
      await revokeToken(token.id);
    } catch (error) {
      tell.failed(t("tokens.notRevoked"), error);
    }
    void client.invalidateQueries(tokensQuery);
  };
  return (
    <Table aria-label={t("tokens.title")} style={{ minWidth: 560 }}>
      <TableHeader>
        <TableRow>
          <TableHeaderCell>{t("tokens.name")}</TableHeaderCell>
          <TableHeaderCell>{t("tokens.created")}</TableHeaderCell>
          <TableHeaderCell>{t("tokens.used")}</TableHeaderCell>
          <TableHeaderCell>{t("tokens.expires")}</TableHeaderCell>
          <TableHeaderCell>{t("tokens.revoke")}</TableHeaderCell>
        </TableRow>
      </TableHeader>
      <TableBody>
        {all.map((token) => (
          <TableRow key={token.id}>
            <TableCell>{token.name}</TableCell>
            <TableCell>{format.shortMoment(token.createdAt)}</TableCell>
            <TableCell>{token.usedAt ? format.ago(token.usedAt) : t("tokens.never")}</TableCell>
            <TableCell>{token.expiresAt ? format.ago(token.expiresAt) : "–"}</TableCell>
            <TableCell>
              <Button
                size="small"
                aria-label={t("tokens.revokeOne", { name: token.name })}
                onClick={() => void revoke(token)}
              >
                {t("tokens.revoke")}
              </Button>
            </TableCell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}
