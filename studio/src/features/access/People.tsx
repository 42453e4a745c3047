import {
  Badge,
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
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  addClient,
  addPerson,
  makeLink,
  type Person,
  peopleQuery,
  setDisabled,
} from "@/api/people";
import { CopyButton } from "@/components/CopyButton";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Section } from "@/components/Section";
import { useFormat } from "@/lib/useFormat";

const useStyles = makeStyles({
  form: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "end",
    gap: tokens.spacingHorizontalM,
    marginBottom: tokens.spacingVerticalL,
  },
  table: { overflowX: "auto" },
  small: { color: tokens.colorNeutralForeground3, display: "block" },
  buttons: { display: "flex", gap: tokens.spacingHorizontalS, flexWrap: "wrap" },
  secret: {
    fontFamily: tokens.fontFamilyMonospace,
    display: "block",
    overflowWrap: "anywhere",
    marginBlock: tokens.spacingVerticalS,
  },
});

/** Accounts: made, let in by a link, kept out; and programs that sign in by a secret. */
export function People({ people }: { readonly people: readonly Person[] }) {
  const { t } = useTranslation("access");
  return (
    <>
      <Section title={t("people.title")} text={t("people.text")}>
        <AddPerson />
        <PeopleTable people={people} />
      </Section>
      <Section title={t("clients.title")} text={t("clients.text")}>
        <AddClient />
      </Section>
    </>
  );
}

function AddPerson() {
  const styles = useStyles();
  const { t } = useTranslation("access");
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [shown, setShown] = useState("");
  const add = useMutation({
    mutationFn: () => addPerson(name, shown),
    onSuccess: () => {
      setName("");
      setShown("");
      void client.invalidateQueries(peopleQuery);
    },
  });
  return (
    <>
      {add.isError && <ErrorMessage error={add.error} title={t("people.notAdded")} />}
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <Field label={t("people.name")}>
          <Input required value={name} onChange={(_, { value }) => setName(value)} />
        </Field>
        <Field label={t("people.displayName")}>
          <Input value={shown} onChange={(_, { value }) => setShown(value)} />
        </Field>
        <Button type="submit" appearance="primary" disabled={add.isPending}>
          {t("people.add")}
        </Button>
      </form>
    </>
  );
}

function PeopleTable({ people }: { readonly people: readonly Person[] }) {
  const styles = useStyles();
  const { t } = useTranslation("access");
  const format = useFormat();
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (each: Person) => setDisabled(each.name, !each.disabled),
    onSuccess: () => client.invalidateQueries(peopleQuery),
  });
  const link = useMutation({ mutationFn: (each: Person) => makeLink(each.name) });
  const error = change.error ?? link.error;
  return (
    <>
      {error && <ErrorMessage error={error} />}
      {link.data && (
        <Secret
          title={t("people.linkOnce", { until: format.shortMoment(link.data.expiresAt) })}
          text={link.data.link}
        />
      )}
      <div className={styles.table}>
        <Table aria-label={t("people.title")} style={{ minWidth: 560 }}>
          <TableHeader>
            <TableRow>
              <TableHeaderCell>{t("people.displayName")}</TableHeaderCell>
              <TableHeaderCell>{t("people.state")}</TableHeaderCell>
              <TableHeaderCell>{t("people.actions")}</TableHeaderCell>
            </TableRow>
          </TableHeader>
          <TableBody>
            {people.map((each) => (
              <TableRow key={each.id}>
                <TableCell>
                  {each.displayName}
                  <span className={styles.small}>{each.name}</span>
                </TableCell>
                <TableCell>
                  <Badge appearance="tint" color={each.disabled ? "danger" : "success"}>
                    {t(each.disabled ? "people.disabled" : "people.enabled")}
                  </Badge>
                </TableCell>
                <TableCell>
                  <span className={styles.buttons}>
                    <Button
                      size="small"
                      disabled={each.disabled}
                      aria-label={t("people.linkFor", { name: each.name })}
                      onClick={() => link.mutate(each)}
                    >
                      {t("people.link")}
                    </Button>
                    <Button
                      size="small"
                      aria-label={t(each.disabled ? "people.enableOne" : "people.disableOne", {
                        name: each.name,
                      })}
                      onClick={() => change.mutate(each)}
                    >
                      {t(each.disabled ? "people.enable" : "people.disable")}
                    </Button>
                  </span>
                </TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </div>
    </>
  );
}

function AddClient() {
  const styles = useStyles();
  const { t } = useTranslation("access");
  const [name, setName] = useState("");
  const add = useMutation({ mutationFn: () => addClient(name), onSuccess: () => setName("") });
  return (
    <>
      {add.isError && <ErrorMessage error={add.error} title={t("clients.notAdded")} />}
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <Field label={t("clients.name")}>
          <Input required value={name} onChange={(_, { value }) => setName(value)} />
        </Field>
        <Button type="submit" appearance="primary" disabled={add.isPending}>
          {t("clients.add")}
        </Button>
      </form>
      {add.data && (
        <Secret
          title={t("clients.once")}
          text={`AZURE_TENANT_ID=${add.data.tenantId}\nAZURE_CLIENT_ID=${add.data.appId}\nAZURE_CLIENT_SECRET=${add.data.clientSecret}`}
        />
      )}
    </>
  );
}

/** Something that is shown this once. */
function Secret({ title, text }: { readonly title: string; readonly text: string }) {
  const styles = useStyles();
  return (
    <MessageBar intent="success" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{title}</MessageBarTitle>
        <span className={styles.secret}>{text}</span>
        <CopyButton text={text} />
      </MessageBarBody>
    </MessageBar>
  );
}
