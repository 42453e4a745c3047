import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useMe } from "@/api/me";
import { createWorkspace, locationsQuery } from "@/api/workspaces";
import { pageOf } from "@/app/where";
import { ErrorMessage } from "@/components/ErrorMessage";
import { FormDialog } from "@/components/FormDialog";
import { type Draft, located, WorkspaceFields } from "@/features/workspaces/WorkspaceFields";

interface Props {
  readonly open: boolean;
  readonly close: () => void;
}

/** A new workspace, in a resource group that is made with it where there is none. */
export function CreateWorkspace({ open, close }: Props) {
  const { t } = useTranslation("workspaces");
  const { subscriptionId } = useMe();
  const navigate = useNavigate();
  const client = useQueryClient();
  const locations = useQuery(locationsQuery(subscriptionId)).data ?? [];
  const [typed, setTyped] = useState<Draft>({ name: "", group: "studiolo", location: "" });
  const draft = located(typed, locations);
  const { name, group } = draft;
  const create = useMutation({
    mutationFn: () => createWorkspace(subscriptionId, draft),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["workspaces"] });
      navigate(pageOf({ group, workspace: name }));
    },
  });
  const ready = name !== "" && group !== "" && draft.location !== "";
  return (
    <FormDialog
      open={open}
      title={t("new")}
      verb={t("create")}
      ready={ready && !create.isPending}
      submit={create.mutate}
      close={close}
    >
      {create.isError && <ErrorMessage error={create.error} title={t("notCreated")} />}
      <WorkspaceFields
        draft={draft}
        locations={locations}
        nameLabel={t("name")}
        change={(part) => setTyped((before) => ({ ...before, ...part }))}
      />
    </FormDialog>
  );
}
