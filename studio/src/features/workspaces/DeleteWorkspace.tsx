import { Field, Input, Text } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { deleteWorkspace, type Workspace } from "@/api/workspaces";
import { ErrorMessage } from "@/components/ErrorMessage";
import { FormDialog } from "@/components/FormDialog";

interface Props {
  readonly workspace: Workspace;
  readonly close: () => void;
}

/** Asks for the name to be typed: everybody's instances in the workspace go with it. */
export function DeleteWorkspace({ workspace, close }: Props) {
  const { t } = useTranslation(["workspaces", "common"]);
  const client = useQueryClient();
  const [typed, setTyped] = useState("");
  const remove = useMutation({
    mutationFn: () => deleteWorkspace(workspace),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["workspaces"] });
      close();
    },
  });
  const { name } = workspace;
  return (
    <FormDialog
      title={t("deleteOne", { name })}
      verb={t("common:delete")}
      ready={typed === name && !remove.isPending}
      submit={remove.mutate}
      close={close}
    >
      <Text>{t("deleteText")}</Text>
      {remove.isError && <ErrorMessage error={remove.error} title={t("notDeleted")} />}
      <Field label={t("typeName", { name })}>
        <Input value={typed} onChange={(_, { value }) => setTyped(value)} />
      </Field>
    </FormDialog>
  );
}
