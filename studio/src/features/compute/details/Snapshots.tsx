import {
  Button,
  Field,
  Input,
  makeStyles,
  TableCell,
  TableRow,
  Text,
  tokens,
} from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  clone,
  deleteSnapshot,
  restoreSnapshot,
  type Snapshot,
  snapshotsQuery,
  takeSnapshot,
} from "@/api/changes";
import { type Instance, readAgain } from "@/api/computes";
import { useConfirm } from "@/app/Dialogs";
import { useTell } from "@/app/toasts";
import { usePlace } from "@/app/where";
import { DataTable } from "@/components/DataTable";
import { ErrorMessage } from "@/components/ErrorMessage";
import { InlineForm } from "@/components/InlineForm";
import { Section } from "@/components/Section";
import { useFormat } from "@/lib/useFormat";

const useStyles = makeStyles({
  buttons: { display: "flex", gap: tokens.spacingHorizontalS },
});

interface Props {
  readonly instance: Instance;
  readonly features: Readonly<Record<string, boolean>>;
}

/** The machine as it was, kept to go back to; and a copy of it as it is. */
export function Snapshots({ instance, features }: Props) {
  const { t } = useTranslation("details");
  const place = usePlace();
  const client = useQueryClient();
  const key = snapshotsQuery(place, instance.name).queryKey;
  const found = useQuery(snapshotsQuery(place, instance.name));
  return (
    <>
      <Section title={t("snapshots.title")} text={t("snapshots.text")}>
        <Naming
          label={t("snapshots.name")}
          verb={t("snapshots.take")}
          failed={t("snapshots.notTaken")}
          act={(name) => takeSnapshot(place, instance.name, name)}
          done={() => void client.invalidateQueries({ queryKey: key })}
        />
        {found.isError && <ErrorMessage error={found.error} retry={found.refetch} />}
        {found.data?.length === 0 && <Text>{t("snapshots.none")}</Text>}
        {found.data && found.data.length > 0 && (
          <SnapshotTable
            instance={instance}
            all={found.data}
            canRestore={features.restore === true}
          />
        )}
      </Section>
      {features.clone && (
        <Section title={t("clone.title")} text={t("clone.text")}>
          <Naming
            label={t("clone.name")}
            verb={t("clone.verb")}
            failed={t("clone.failed")}
            act={(name) => clone(place, instance.name, name)}
            done={() => void readAgain(client, place)}
          />
        </Section>
      )}
    </>
  );
}

interface NamingProps {
  readonly label: string;
  readonly verb: string;
  readonly failed: string;
  readonly act: (name: string) => Promise<unknown>;
  readonly done: () => void;
}

/** Something that is made by giving it a name. */
function Naming({ label, verb, failed, act, done }: NamingProps) {
  const [name, setName] = useState("");
  const make = useMutation({
    mutationFn: () => act(name),
    onSuccess: () => {
      setName("");
      done();
    },
  });
  return (
    <InlineForm send={make} verb={verb} failed={failed}>
      <Field label={label}>
        <Input required value={name} onChange={(_, { value }) => setName(value.trim())} />
      </Field>
    </InlineForm>
  );
}

interface TableProps {
  readonly instance: Instance;
  readonly all: readonly Snapshot[];
  readonly canRestore: boolean;
}

function SnapshotTable({ instance, all, canRestore }: TableProps) {
  const styles = useStyles();
  const { t } = useTranslation(["details", "common"]);
  const format = useFormat();
  const place = usePlace();
  const client = useQueryClient();
  const confirm = useConfirm();
  const tell = useTell();
  const perform = async (snapshot: Snapshot, verb: "restore" | "delete") => {
    const question = {
      title: t(`snapshots.${verb}Title`, { name: snapshot.name }),
      text: t(`snapshots.${verb}Text`),
      verb: verb === "delete" ? t("common:delete") : t("snapshots.restore"),
    };
    if (!(await confirm(question))) return;
    try {
      const act = verb === "restore" ? restoreSnapshot : deleteSnapshot;
      await act(place, instance.name, snapshot.name);
    } catch (error) {
      tell.failed(t("common:failed"), error);
    }
    void readAgain(client, place);
  };
  return (
    <DataTable
      label={t("snapshots.title")}
      columns={[t("snapshots.name"), t("created"), t("snapshots.actions")]}
      minWidth={480}
    >
      {all.map((each) => (
        <TableRow key={each.name}>
          <TableCell>{each.name}</TableCell>
          <TableCell>{format.shortMoment(each.createdOn)}</TableCell>
          <TableCell>
            <span className={styles.buttons}>
              {canRestore && (
                <Button size="small" onClick={() => void perform(each, "restore")}>
                  {t("snapshots.restore")}
                </Button>
              )}
              <Button size="small" onClick={() => void perform(each, "delete")}>
                {t("common:delete")}
              </Button>
            </span>
          </TableCell>
        </TableRow>
      ))}
    </DataTable>
  );
}
