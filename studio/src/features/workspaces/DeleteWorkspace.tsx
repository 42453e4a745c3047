import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
} from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { deleteWorkspace, type Workspace } from "@/api/workspaces";
import { ErrorMessage } from "@/components/ErrorMessage";

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
    <Dialog open onOpenChange={close}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{t("deleteOne", { name })}</DialogTitle>
          <DialogContent>
            <p>{t("deleteText")}</p>
            {remove.isError && <ErrorMessage error={remove.error} title={t("notDeleted")} />}
            <Field label={t("typeName", { name })}>
              <Input value={typed} onChange={(_, { value }) => setTyped(value)} />
            </Field>
          </DialogContent>
          <DialogActions>
            <Button onClick={close}>{t("common:cancel")}</Button>
            <Button
              appearance="primary"
              disabled={typed !== name || remove.isPending}
              onClick={() => remove.mutate()}
            >
              {t("common:delete")}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
