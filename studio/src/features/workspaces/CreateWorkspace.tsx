import { Field, Input, Select } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useMe } from "@/api/me";
import { createWorkspace, locationsQuery } from "@/api/workspaces";
import { pageOf } from "@/app/where";
import { ErrorMessage } from "@/components/ErrorMessage";
import { FormDialog } from "@/components/FormDialog";

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
  const [name, setName] = useState("");
  const [group, setGroup] = useState("studiolo");
  const [chosen, setChosen] = useState("");
  const location = chosen || (locations[0]?.name ?? "");
  const create = useMutation({
    mutationFn: () => createWorkspace(subscriptionId, { group, name, location }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["workspaces"] });
      navigate(pageOf({ group, workspace: name }));
    },
  });
  const ready = name !== "" && group !== "" && location !== "";
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
      <Field label={t("name")} required>
        <Input value={name} onChange={(_, { value }) => setName(value.trim())} />
      </Field>
      <Field label={t("group")} hint={t("groupHint")} required>
        <Input value={group} onChange={(_, { value }) => setGroup(value.trim())} />
      </Field>
      <Field label={t("location")}>
        <Select value={location} onChange={(_, { value }) => setChosen(value)}>
          {locations.map((each) => (
            <option key={each.name} value={each.name}>
              {each.displayName}
            </option>
          ))}
        </Select>
      </Field>
    </FormDialog>
  );
}
