import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
  makeStyles,
  Text,
  tokens,
} from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { createInstance } from "@/api/computes";
import { useMe } from "@/api/me";
import { useRights } from "@/api/rights";
import { createWorkspace, type Location, locationsQuery, workspacesQuery } from "@/api/workspaces";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";
import { bodyOf, EMPTY } from "@/features/compute/create/draft";
import { Ask } from "@/features/welcome/Ask";
import { InstanceForm } from "@/features/welcome/InstanceForm";
import { type Draft, located, WorkspaceFields } from "@/features/workspaces/WorkspaceFields";

const useStyles = makeStyles({
  fields: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalM },
});

const WRITE = "Microsoft.MachineLearningServices/workspaces/write";

interface Props {
  readonly check: () => unknown;
}

/** For who sees no workspace: one is made with the first instance, or says whom to ask. */
export function FirstWorkspace({ check }: Props) {
  const { t } = useTranslation("welcome");
  const me = useMe();
  const rights = useRights(`/subscriptions/${me.subscriptionId}`, WRITE, false);
  if (rights.error) return <ErrorMessage error={rights.error} retry={rights.retry} />;
  if (rights.may === undefined) return <Loading />;
  if (rights.may) return <Both />;
  const again = () => {
    rights.retry();
    void check();
  };
  return <Ask text={t("ask.none", { user: me.name })} again={again} />;
}

/** Workspace and instance in one go. */
function Both() {
  const { subscriptionId, tenantId } = useMe();
  const client = useQueryClient();
  const locations = useQuery(locationsQuery(subscriptionId));
  const [typed, setTyped] = useState<Draft>({ name: "main", group: "studiolo", location: "" });
  const [made, setMade] = useState(false);
  const where = located(typed, locations.data);
  const create = useMutation({
    mutationFn: async ({ name, size }: { name: string; size: string }) => {
      if (!made) await createWorkspace(subscriptionId, where);
      // If the instance fails now, trying again must not make the workspace again.
      setMade(true);
      const place = { subscription: subscriptionId, group: where.group, workspace: where.name };
      await createInstance(place, name, bodyOf({ ...EMPTY, name, size }, where.location, tenantId));
    },
    onSuccess: () =>
      client.invalidateQueries({ queryKey: workspacesQuery(subscriptionId).queryKey }),
  });
  if (locations.isError) return <ErrorMessage error={locations.error} retry={locations.refetch} />;
  const details = (
    <Details
      where={where}
      locations={locations.data ?? []}
      locked={made}
      change={(part) => {
        create.reset();
        setTyped({ ...typed, ...part });
      }}
    />
  );
  return <InstanceForm place={null} location={where.location} create={create} after={details} />;
}

interface DetailsProps {
  readonly where: Draft;
  readonly locations: readonly Location[];
  /** The workspace is there already. */
  readonly locked: boolean;
  readonly change: (part: Partial<Draft>) => void;
}

/** What hardly anybody needs to change. */
function Details({ where, locations, locked, change }: DetailsProps) {
  const styles = useStyles();
  const { t } = useTranslation("welcome");
  return (
    <Accordion collapsible>
      <AccordionItem value="details">
        <AccordionHeader>{t("details")}</AccordionHeader>
        <AccordionPanel className={styles.fields}>
          <Text block>{t("detailsText")}</Text>
          <WorkspaceFields
            draft={where}
            locations={locations}
            locked={locked}
            nameLabel={t("newWorkspace")}
            change={change}
          />
        </AccordionPanel>
      </AccordionItem>
    </Accordion>
  );
}
