import {
  Button,
  makeStyles,
  Switch,
  TableCell,
  TableRow,
  Text,
  tokens,
} from "@fluentui/react-components";
import { AddRegular, DeleteRegular, EditRegular } from "@fluentui/react-icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Instance, readAgain } from "@/api/computes";
import { type Schedule, setSchedules, type WrittenSchedule } from "@/api/schedules";
import { usePlace } from "@/app/where";
import { DataTable } from "@/components/DataTable";
import { ErrorMessage } from "@/components/ErrorMessage";
import { FormDialog } from "@/components/FormDialog";
import { Section } from "@/components/Section";
import { PlanFields } from "@/features/compute/schedules/PlanFields";
import {
  isComplete,
  type Plan,
  planOf,
  usualPlan,
  written,
} from "@/features/compute/schedules/plan";
import { useWords } from "@/features/compute/schedules/useWords";
import { useFormat } from "@/lib/useFormat";

const useStyles = makeStyles({
  add: { marginTop: tokens.spacingVerticalM },
  more: { display: "block", color: tokens.colorNeutralForeground3 },
});

/** What starts and stops the instance by itself: to be read, changed, turned off, and removed. */
export function Schedules({ instance }: { readonly instance: Instance }) {
  const styles = useStyles();
  const { t } = useTranslation("schedules");
  const place = usePlace();
  const client = useQueryClient();
  const [editing, setEditing] = useState<Schedule | "new" | null>(null);
  const all = instance.schedules;
  const save = useMutation({
    mutationFn: (next: readonly WrittenSchedule[]) => setSchedules(place, instance.name, next),
    onSuccess: async () => {
      setEditing(null);
      await readAgain(client, place);
    },
  });
  const edit = (what: Schedule | "new" | null) => {
    save.reset();
    setEditing(what);
  };
  const replaced = (id: string, next: WrittenSchedule) =>
    all.map((each) => (each.id === id ? { ...next, id } : each));
  const keep = (plan: Plan) => {
    if (editing === "new") save.mutate([...all, written(plan)]);
    else if (editing)
      save.mutate(replaced(editing.id, { ...written(plan), status: editing.status }));
  };
  return (
    <Section title={t("title")} text={t("text")}>
      {save.isError && !editing && <ErrorMessage error={save.error} title={t("notSaved")} />}
      {all.length === 0 ? (
        <Text block>{t("none")}</Text>
      ) : (
        <DataTable
          label={t("title")}
          minWidth={320}
          columns={[
            t("columns.what"),
            { name: t("columns.on"), width: 64 },
            { name: t("columns.actions"), width: 88 },
          ]}
        >
          {all.map((each) => (
            <Row
              key={each.id}
              schedule={each}
              busy={save.isPending}
              edit={() => edit(each)}
              turn={(status) => save.mutate(replaced(each.id, { ...each, status }))}
              remove={() => save.mutate(all.filter((other) => other.id !== each.id))}
            />
          ))}
        </DataTable>
      )}
      <Button className={styles.add} icon={<AddRegular />} onClick={() => edit("new")}>
        {t("add")}
      </Button>
      {editing && (
        <Editor
          first={(editing !== "new" && planOf(editing)) || usualPlan()}
          title={t(editing === "new" ? "add" : "edit")}
          busy={save.isPending}
          error={save.error}
          keep={keep}
          close={() => edit(null)}
        />
      )}
    </Section>
  );
}

interface RowProps {
  readonly schedule: Schedule;
  readonly busy: boolean;
  readonly edit: () => void;
  readonly turn: (status: string) => void;
  readonly remove: () => void;
}

function Row({ schedule, busy, edit, turn, remove }: RowProps) {
  const styles = useStyles();
  const { t } = useTranslation("schedules");
  const { whole } = useWords();
  const format = useFormat();
  const what = whole(schedule);
  const on = schedule.status === "Enabled";
  const when = schedule.nextFireTime && format.shortMoment(schedule.nextFireTime);
  const next = when ? t("next", { when }) : on && t("never");
  return (
    <TableRow>
      <TableCell>
        {what}
        {next && <span className={styles.more}>{next}</span>}
        {schedule.lastFiring?.reason && (
          <span className={styles.more}>{schedule.lastFiring.reason}</span>
        )}
      </TableCell>
      <TableCell>
        <Switch
          checked={on}
          disabled={busy}
          aria-label={t("turn", { what })}
          onChange={() => turn(on ? "Disabled" : "Enabled")}
        />
      </TableCell>
      <TableCell>
        {planOf(schedule) && (
          <Button
            appearance="subtle"
            icon={<EditRegular />}
            aria-label={t("change", { what })}
            disabled={busy}
            onClick={edit}
          />
        )}
        <Button
          appearance="subtle"
          icon={<DeleteRegular />}
          aria-label={t("removeOne", { what })}
          disabled={busy}
          onClick={remove}
        />
      </TableCell>
    </TableRow>
  );
}

interface EditorProps {
  readonly first: Plan;
  readonly title: string;
  readonly busy: boolean;
  readonly error: Error | null;
  readonly keep: (plan: Plan) => void;
  readonly close: () => void;
}

function Editor({ first, title, busy, error, keep, close }: EditorProps) {
  const { t } = useTranslation(["schedules", "common"]);
  const [plan, setPlan] = useState(first);
  return (
    <FormDialog
      title={title}
      verb={t("common:save")}
      ready={isComplete(plan) && !busy}
      submit={() => keep(plan)}
      close={close}
    >
      {error && <ErrorMessage error={error} title={t("notSaved")} />}
      <PlanFields plan={plan} change={setPlan} />
    </FormDialog>
  );
}
