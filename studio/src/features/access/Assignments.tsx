import {
  Badge,
  Button,
  makeStyles,
  SearchBox,
  TableCell,
  TableRow,
  tokens,
} from "@fluentui/react-components";
import { AddRegular, PeopleLockRegular } from "@fluentui/react-icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Assignment, assignmentsQuery, roleKey, rolesQuery, unassign } from "@/api/access";
import { useMe } from "@/api/me";
import type { Person } from "@/api/people";
import { useConfirm } from "@/app/Dialogs";
import { useTell } from "@/app/toasts";
import { usePlace, workspaceId } from "@/app/where";
import { DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";
import { AssignRole } from "@/features/access/AssignRole";

const useStyles = makeStyles({
  tools: {
    display: "flex",
    flexWrap: "wrap",
    gap: tokens.spacingHorizontalM,
    marginBottom: tokens.spacingVerticalM,
  },
  small: { color: tokens.colorNeutralForeground3, display: "block", overflowWrap: "anywhere" },
});

/** One line of the list, in words. */
interface Line {
  readonly assignment: Assignment;
  readonly who: string;
  readonly detail: string;
  readonly role: string;
  readonly from: "workspace" | "group" | "subscription";
}

/** How far up a scope lies: an id of a workspace has 8 parts, of a resource group 4. */
function levelOf(scope: string): Line["from"] {
  const parts = scope.split("/").filter(Boolean).length;
  return parts <= 2 ? "subscription" : parts <= 4 ? "group" : "workspace";
}

export function Assignments({ people }: { readonly people: readonly Person[] }) {
  const styles = useStyles();
  const { t } = useTranslation("access");
  const scope = workspaceId(usePlace());
  const me = useMe();
  const roles = useQuery(rolesQuery);
  const found = useQuery(assignmentsQuery(scope));
  const [words, setWords] = useState("");
  const [adding, setAdding] = useState(false);
  if (found.isError) return <ErrorMessage error={found.error} retry={found.refetch} />;
  if (!found.data || !roles.data) return <Loading />;
  const names = new Map(people.map((each) => [each.id, each]));
  const lines = found.data.map((assignment): Line => {
    const person = names.get(assignment.principalId);
    const mine = assignment.principalId === me.id;
    return {
      assignment,
      who: person?.displayName ?? (mine ? me.displayName : assignment.principalId),
      detail: person?.name ?? (mine ? me.name : assignment.principalType),
      role:
        roles.data.find((each) => roleKey(each.id) === assignment.role)?.name ?? assignment.role,
      from: levelOf(assignment.scope),
    };
  });
  const wanted = words.toLowerCase();
  const shown = lines.filter((each) =>
    `${each.who} ${each.detail} ${each.role}`.toLowerCase().includes(wanted),
  );
  return (
    <>
      <div className={styles.tools}>
        <Button appearance="primary" icon={<AddRegular />} onClick={() => setAdding(true)}>
          {t("add")}
        </Button>
        <SearchBox
          placeholder={t("search")}
          aria-label={t("search")}
          value={words}
          onChange={(_, { value }) => setWords(value)}
        />
      </div>
      {shown.length === 0 ? (
        <Empty icon={<PeopleLockRegular />} title={t("noMatch")} />
      ) : (
        <Lines lines={shown} />
      )}
      {adding && <AssignRole close={() => setAdding(false)} people={people} roles={roles.data} />}
    </>
  );
}

function Lines({ lines }: { readonly lines: readonly Line[] }) {
  const styles = useStyles();
  const { t } = useTranslation("access");
  const client = useQueryClient();
  const confirm = useConfirm();
  const tell = useTell();
  const remove = async ({ assignment, who, role }: Line) => {
    const question = {
      title: t("removeTitle", { role, who }),
      text: t("removeText"),
      verb: t("remove"),
    };
    if (!(await confirm(question))) return;
    try {
      await unassign(assignment);
    } catch (error) {
      tell.failed(t("notRemoved"), error);
    }
    void client.invalidateQueries({ queryKey: ["assignments"] });
  };
  return (
    <DataTable
      label={t("tabs.assignments")}
      columns={[t("who"), t("role"), t("from"), t("remove")]}
      minWidth={620}
    >
      {lines.map((line) => (
        <TableRow key={line.assignment.id}>
          <TableCell>
            {line.who}
            <span className={styles.small}>{line.detail}</span>
          </TableCell>
          <TableCell>{line.role}</TableCell>
          <TableCell>
            <Badge appearance="tint" color={line.from === "workspace" ? "brand" : "informative"}>
              {t(`levels.${line.from}`)}
            </Badge>
          </TableCell>
          <TableCell>
            <Button
              size="small"
              aria-label={t("removeOne", { role: line.role, who: line.who })}
              onClick={() => void remove(line)}
            >
              {t("remove")}
            </Button>
          </TableCell>
        </TableRow>
      ))}
    </DataTable>
  );
}
