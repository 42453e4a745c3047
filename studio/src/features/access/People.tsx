import {
  Badge,
  Button,
  Field,
  Input,
  makeStyles,
  TableCell,
  TableRow,
  tokens,
} from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  addClient,
  addPerson,
  clientsQuery,
  makeLink,
  type Person,
  peopleQuery,
  setDisabled,
} from "@/api/people";
import { DataTable } from "@/components/DataTable";
import { ErrorMessage } from "@/components/ErrorMessage";
import { InlineForm } from "@/components/InlineForm";
import { Section } from "@/components/Section";
import { ShownOnce } from "@/components/ShownOnce";
import { useFormat } from "@/lib/useFormat";

const useStyles = makeStyles({
  small: { color: tokens.colorNeutralForeground3, display: "block" },
  buttons: { display: "flex", gap: tokens.spacingHorizontalS, flexWrap: "wrap" },
});

interface Props {
  readonly people: readonly Person[];
  /** Service principals. */
  readonly clients: readonly Person[];
}

/** Accounts: made, let in by a link, kept out; and programs that sign in by a secret. */
export function People({ people, clients }: Props) {
  const { t } = useTranslation("access");
  return (
    <>
      <Section title={t("people.title")} text={t("people.text")}>
        <AddPerson />
        <PeopleTable label={t("people.title")} people={people} />
      </Section>
      <Section title={t("clients.title")} text={t("clients.text")}>
        <AddClient />
        {clients.length > 0 && <PeopleTable label={t("clients.title")} people={clients} />}
      </Section>
    </>
  );
}

function AddPerson() {
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
    <InlineForm send={add} verb={t("people.add")} failed={t("people.notAdded")}>
      <Field label={t("people.name")}>
        <Input required value={name} onChange={(_, { value }) => setName(value)} />
      </Field>
      <Field label={t("people.displayName")}>
        <Input value={shown} onChange={(_, { value }) => setShown(value)} />
      </Field>
    </InlineForm>
  );
}

interface TableProps {
  readonly label: string;
  readonly people: readonly Person[];
}

/** Whoever may sign in, with what can be done about it. Links are for people: programs have secrets. */
function PeopleTable({ label, people }: TableProps) {
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
        <ShownOnce
          title={t("people.linkOnce", { until: format.shortMoment(link.data.expiresAt) })}
          text={link.data.link}
        />
      )}
      <DataTable
        label={label}
        columns={[t("people.displayName"), t("people.state"), t("people.actions")]}
        minWidth={560}
      >
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
                {each.kind === "User" && (
                  <Button
                    size="small"
                    disabled={each.disabled}
                    aria-label={t("people.linkFor", { name: each.name })}
                    onClick={() => link.mutate(each)}
                  >
                    {t("people.link")}
                  </Button>
                )}
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
      </DataTable>
    </>
  );
}

function AddClient() {
  const { t } = useTranslation("access");
  const [name, setName] = useState("");
  const client = useQueryClient();
  const add = useMutation({
    mutationFn: () => addClient(name),
    onSuccess: () => {
      setName("");
      void client.invalidateQueries(clientsQuery);
    },
  });
  return (
    <>
      <InlineForm send={add} verb={t("clients.add")} failed={t("clients.notAdded")}>
        <Field label={t("clients.name")}>
          <Input required value={name} onChange={(_, { value }) => setName(value)} />
        </Field>
      </InlineForm>
      {add.data && (
        <ShownOnce
          title={t("clients.once")}
          text={`AZURE_TENANT_ID=${add.data.tenantId}\nAZURE_CLIENT_ID=${add.data.appId}\nAZURE_CLIENT_SECRET=${add.data.clientSecret}`}
        />
      )}
    </>
  );
}
