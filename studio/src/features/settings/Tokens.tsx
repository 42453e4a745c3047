import { Button, Field, Input, makeStyles, TableCell, TableRow } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { createToken, revokeToken, type Token, tokensQuery } from "@/api/tokens";
import { useConfirm } from "@/app/Dialogs";
import { useTell } from "@/app/toasts";
import { DataTable } from "@/components/DataTable";
import { ErrorMessage } from "@/components/ErrorMessage";
import { InlineForm } from "@/components/InlineForm";
import { Section } from "@/components/Section";
import { ShownOnce } from "@/components/ShownOnce";
import { useFormat } from "@/lib/useFormat";

const DAYS = 90;

const useStyles = makeStyles({
  days: { width: "110px" },
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
      <InlineForm send={create} verb={t("tokens.create")} failed={t("tokens.notCreated")}>
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
      </InlineForm>
      {create.data && <ShownOnce title={t("tokens.once")} text={create.data.token} />}
      {known.isError && <ErrorMessage error={known.error} retry={known.refetch} />}
      {known.data && known.data.length > 0 && <TokenTable all={known.data} />}
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
  const columns = [
    t("tokens.name"),
    t("tokens.created"),
    t("tokens.used"),
    t("tokens.expires"),
    t("tokens.revoke"),
  ];
  return (
    <DataTable label={t("tokens.title")} columns={columns} minWidth={560}>
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
    </DataTable>
  );
}
