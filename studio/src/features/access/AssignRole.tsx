import { Field, Input, Select, Text } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { assign, type Role } from "@/api/access";
import type { Person } from "@/api/people";
import { usePlace, workspaceId } from "@/app/where";
import { ErrorMessage } from "@/components/ErrorMessage";
import { FormDialog } from "@/components/FormDialog";

const GROUPS = [
  { kind: "User", title: "people.title" },
  { kind: "ServicePrincipal", title: "clients.title" },
] as const;

const LEVELS = ["workspace", "group", "subscription"] as const;
type Level = (typeof LEVELS)[number];

interface Props {
  readonly close: () => void;
  readonly people: readonly Person[];
  readonly roles: readonly Role[];
}

function Group({ title, people }: { readonly title: string; readonly people: readonly Person[] }) {
  if (people.length === 0) return null;
  return (
    <optgroup label={title}>
      {people.map((each) => (
        <option key={each.id} value={each.id}>
          {`${each.displayName} (${each.name})`}
        </option>
      ))}
    </optgroup>
  );
}

/** Gives somebody a role. Who may not list people names them by their object id. */
export function AssignRole({ close, people, roles }: Props) {
  const { t } = useTranslation("access");
  const place = usePlace();
  const client = useQueryClient();
  const [who, setWho] = useState("");
  const [role, setRole] = useState(roles[0]?.id ?? "");
  const [level, setLevel] = useState<Level>("workspace");
  const chosen = roles.find((each) => each.id === role);
  const save = useMutation({
    mutationFn: async () => {
      if (!chosen) return;
      const workspace = workspaceId(place);
      const scope = {
        workspace,
        group: workspace.split("/providers/")[0] ?? workspace,
        subscription: `/subscriptions/${place.subscription}`,
      }[level];
      const kind = people.find((each) => each.id === who)?.kind ?? "";
      await assign(scope, chosen, who, kind || "User");
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["assignments"] });
      close();
    },
  });
  return (
    <FormDialog
      title={t("add")}
      verb={t("assign")}
      ready={who !== "" && !save.isPending}
      submit={save.mutate}
      close={close}
    >
      {save.isError && <ErrorMessage error={save.error} title={t("notAdded")} />}
      <Field label={t("who")} required>
        {people.length > 0 ? (
          <Select value={who} onChange={(_, { value }) => setWho(value)}>
            <option value="">{t("choose")}</option>
            {GROUPS.map(({ kind, title }) => (
              <Group
                key={kind}
                title={t(title)}
                people={people.filter((each) => each.kind === kind)}
              />
            ))}
          </Select>
        ) : (
          <Input
            value={who}
            placeholder={t("objectId")}
            onChange={(_, { value }) => setWho(value.trim())}
          />
        )}
      </Field>
      <Field label={t("role")}>
        <Select value={role} onChange={(_, { value }) => setRole(value)}>
          {roles.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </Select>
      </Field>
      <Text size={200}>{chosen?.description}</Text>
      <Field label={t("scope")}>
        <Select value={level} onChange={(_, { value }) => setLevel(value as Level)}>
          {LEVELS.map((each) => (
            <option key={each} value={each}>
              {t(`levels.${each}`)}
            </option>
          ))}
        </Select>
      </Field>
    </FormDialog>
  );
}
