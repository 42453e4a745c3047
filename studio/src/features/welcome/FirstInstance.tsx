import { Field, Select } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { computesQuery, createInstance, type Instance, instanceCreated } from "@/api/computes";
import { ApiError } from "@/api/errors";
import { useMe } from "@/api/me";
import { useRights } from "@/api/rights";
import type { Workspace } from "@/api/workspaces";
import { type Place, pageOf, workspaceId } from "@/app/where";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";
import { bodyOf, EMPTY } from "@/features/compute/create/draft";
import { askAgain } from "@/features/compute/create/useNameCheck";
import { useLive } from "@/features/compute/useLive";
import { Ask } from "@/features/welcome/Ask";
import { InstanceForm } from "@/features/welcome/InstanceForm";
import { Progress } from "@/features/welcome/Progress";

const WRITE = "Microsoft.MachineLearningServices/workspaces/computes/write";

interface Props {
  readonly workspace: Workspace;
  readonly workspaces: readonly Workspace[];
  readonly choose: (workspace: Workspace) => void;
}

/** The person's newest instance in a workspace, or the way to the first. */
export function FirstInstance(props: Props) {
  const { workspace } = props;
  const me = useMe();
  const place = placeOf(workspace, me.subscriptionId);
  const refetchInterval = useLive(place);
  const computes = useQuery({ ...computesQuery(place), refetchInterval });
  const [another, setAnother] = useState(false);
  if (computes.isError && (!computes.data || computes.error instanceof ApiError))
    return <ErrorMessage error={computes.error} retry={computes.refetch} />;
  if (!computes.data) return <Loading />;
  const mine = newestOf(computes.data, me.id);
  if (mine && !another)
    return <Progress place={place} instance={mine} another={() => setAnother(true)} />;
  return <Make {...props} place={place} made={() => setAnother(false)} />;
}

function placeOf(workspace: Workspace, subscription: string): Place {
  return { subscription, group: workspace.group, workspace: workspace.name };
}

/** The person's instance that was made last, of those that will stay. */
export function newestOf(all: readonly Instance[], userId: string): Instance | undefined {
  return all
    .filter((each) => each.userId === userId && each.state !== "Deleting")
    .sort((a, b) => (b.createdOn ?? "").localeCompare(a.createdOn ?? ""))[0];
}

type MakeProps = Props & { readonly place: Place; readonly made: () => void };

function Make({ place, made, workspace, workspaces, choose }: MakeProps) {
  const { t } = useTranslation("welcome");
  const { name: user, tenantId } = useMe();
  const client = useQueryClient();
  const rights = useRights(workspaceId(place), WRITE, true);
  const create = useMutation({
    mutationFn: ({ name, size }: { name: string; size: string }) =>
      createInstance(place, name, bodyOf({ ...EMPTY, name, size }, workspace.location, tenantId)),
    onError: (error) => askAgain(client, error),
    onSuccess: (instance) => {
      instanceCreated(client, place, instance);
      made();
    },
  });
  const others = workspaces.length > 1 && (
    <Field label={t("workspace")}>
      <Select
        value={workspace.id}
        onChange={(_, { value }) => {
          const chosen = workspaces.find((each) => each.id === value);
          if (chosen) choose(chosen);
        }}
      >
        {workspaces.map((each) => (
          <option key={each.id} value={each.id}>
            {`${each.friendlyName} (${each.group})`}
          </option>
        ))}
      </Select>
    </Field>
  );
  if (rights.error) return <ErrorMessage error={rights.error} retry={rights.retry} />;
  if (rights.may === undefined) return <Loading />;
  if (!rights.may)
    return (
      <Ask text={t("ask.some", { workspace: workspace.name, user })} again={rights.retry}>
        {others}
        <Link to={pageOf(place)}>{t("ask.look")}</Link>
      </Ask>
    );
  return (
    <InstanceForm place={place} location={workspace.location} create={create} before={others} />
  );
}
