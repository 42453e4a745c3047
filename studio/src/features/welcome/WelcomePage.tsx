import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/api/me";
import { type Workspace, workspacesQuery } from "@/api/workspaces";
import { lastWorkspace } from "@/app/where";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";
import { PageHeader } from "@/components/PageHeader";
import { FirstInstance } from "@/features/welcome/FirstInstance";
import { FirstWorkspace } from "@/features/welcome/FirstWorkspace";

/** From the first visit to a running instance. Where a person stands, the API says at each visit. */
export function Page() {
  const { t } = useTranslation("welcome");
  const me = useMe();
  const workspaces = useQuery(workspacesQuery(me.subscriptionId));
  return (
    <>
      <PageHeader title={t("title", { name: me.displayName })} text={t("text")} />
      {workspaces.isError && <ErrorMessage error={workspaces.error} retry={workspaces.refetch} />}
      {workspaces.isPending && <Loading />}
      {workspaces.data?.length === 0 && <FirstWorkspace check={workspaces.refetch} />}
      {workspaces.data && workspaces.data.length > 0 && <In workspaces={workspaces.data} />}
    </>
  );
}

/** In the workspace that was open last, unless the person chooses another. */
function In({ workspaces }: { readonly workspaces: readonly Workspace[] }) {
  const [chosen, choose] = useState(() => lastWorkspace.get());
  const here = workspaces.find((each) => keyOf(each) === chosen) ?? workspaces[0];
  if (!here) return null;
  return (
    <FirstInstance
      key={keyOf(here)}
      workspace={here}
      workspaces={workspaces}
      choose={(workspace) => choose(keyOf(workspace))}
    />
  );
}

const keyOf = (workspace: Workspace) => `${workspace.group}/${workspace.name}`;
