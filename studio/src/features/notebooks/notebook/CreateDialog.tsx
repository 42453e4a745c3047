import { Field, Input } from "@fluentui/react-components";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { computesQuery, createInstance, putInstance } from "@/api/computes";
import { ApiError } from "@/api/errors";
import { useMe } from "@/api/me";
import { usagesQuery } from "@/api/regions";
import { sizesQuery } from "@/api/sizes";
import { workspacesQuery } from "@/api/workspaces";
import { usePlace } from "@/app/where";
import { ErrorMessage } from "@/components/ErrorMessage";
import { FormDialog } from "@/components/FormDialog";
import { bodyOf, EMPTY, fieldOf } from "@/features/compute/create/draft";
import { proposal } from "@/features/compute/create/proposal";
import { SizeSelect } from "@/features/compute/create/SizeSelect";
import { firstChoice, type Offer, offers } from "@/features/compute/create/sizing";
import { type NameCheck, useNameCheck } from "@/features/compute/create/useNameCheck";

interface Props {
  readonly created: (name: string) => void;
  readonly close: () => void;
}

/** Makes an instance in place: a name and a size are enough. */
export function CreateDialog({ created, close }: Props) {
  const { t } = useTranslation(["notebooks", "create"]);
  const place = usePlace();
  const client = useQueryClient();
  const me = useMe();
  const taken = useQuery(computesQuery(place)).data?.map((each) => each.name.toLowerCase());
  const [name, setName] = useState(() => proposal(me.alias, new Set(taken)));
  const [wanted, setSize] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const { location, choices } = useSizes();
  const size = wanted || firstChoice(choices);
  const check = useNameCheck(place, name);
  const submit = async () => {
    setBusy(true);
    try {
      const body = bodyOf({ ...EMPTY, name, size }, location, me.tenantId);
      putInstance(client, place, await createInstance(place, name, body));
      created(name);
      close();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const field = error instanceof ApiError ? fieldOf(error.target) : null;
  const said = error instanceof ApiError ? error.message : "";
  return (
    <FormDialog
      title={t("compute.create")}
      verb={t("compute.make")}
      ready={!busy && check.state === "free" && size !== ""}
      submit={() => void submit()}
      close={close}
    >
      {error !== null && field !== "name" && field !== "size" && <ErrorMessage error={error} />}
      <Field
        label={t("create:name")}
        {...nameState(check, field === "name" ? said : "", t("create:nameRule"))}
      >
        <Input
          value={name}
          maxLength={24}
          autoComplete="off"
          spellCheck={false}
          onChange={(_, { value }) => {
            setName(value.trim());
            setError(null);
          }}
        />
      </Field>
      <Field label={t("create:size")} {...(field === "size" && { validationMessage: said })}>
        <SizeSelect choices={choices} value={size} onChange={setSize} />
      </Field>
    </FormDialog>
  );
}

function nameState(check: NameCheck, error: string, rule: string) {
  if (error || check.state === "taken") return { validationMessage: error || check.message };
  return check.state === "malformed" ? { validationMessage: rule } : { hint: rule };
}

/** The workspace's region, and the sizes that can be had there. */
function useSizes(): { location: string; choices: Offer[] } {
  const { subscription, group, workspace } = usePlace();
  const workspaces = useQuery(workspacesQuery(subscription)).data;
  const here = workspaces?.find((each) => each.group === group && each.name === workspace);
  const location = here?.location ?? "";
  const sizes = useQuery(sizesQuery(subscription, location)).data;
  const usages = useQuery(usagesQuery(subscription, location)).data;
  return { location, choices: offers(sizes ?? [], usages) };
}
