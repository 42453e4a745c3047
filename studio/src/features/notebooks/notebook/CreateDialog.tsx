import { Field } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { computesQuery, createInstance, instanceCreated } from "@/api/computes";
import { useMe } from "@/api/me";
import { workspaceQuery } from "@/api/workspaces";
import { usePlace } from "@/app/where";
import { ErrorMessage } from "@/components/ErrorMessage";
import { FormDialog } from "@/components/FormDialog";
import { bodyOf, EMPTY } from "@/features/compute/create/draft";
import { fieldErrors } from "@/features/compute/create/fieldErrors";
import { NameField } from "@/features/compute/create/NameField";
import { proposal } from "@/features/compute/create/proposal";
import { SizeSelect } from "@/features/compute/create/SizeSelect";
import { firstChoice } from "@/features/compute/create/sizing";
import { askAgain, useNameCheck } from "@/features/compute/create/useNameCheck";
import { useOffers } from "@/features/compute/create/useOffers";

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
  const location = useQuery(workspaceQuery(place)).data?.location ?? "";
  const choices = useOffers(place.subscription, location).offers;
  const size = wanted || firstChoice(choices);
  const check = useNameCheck(place, name);
  const create = useMutation({
    mutationFn: () =>
      createInstance(place, name, bodyOf({ ...EMPTY, name, size }, location, me.tenantId)),
    onSuccess: (instance) => {
      instanceCreated(client, place, instance);
      created(name);
      close();
    },
    onError: (error) => askAgain(client, error),
  });
  const errors = fieldErrors(create.error);
  const change = (set: (value: string) => void) => (value: string) => {
    create.reset();
    set(value);
  };
  return (
    <FormDialog
      title={t("compute.create")}
      verb={t("compute.make")}
      ready={!create.isPending && check.state === "free" && size !== ""}
      submit={() => create.mutate()}
      close={close}
    >
      {create.isError && !errors.name && !errors.size && <ErrorMessage error={create.error} />}
      <NameField
        label={t("create:name")}
        {...{ name, check }}
        error={errors.name}
        change={change(setName)}
      />
      <Field label={t("create:size")} {...(errors.size && { validationMessage: errors.size })}>
        <SizeSelect choices={choices} value={size} onChange={change(setSize)} />
      </Field>
    </FormDialog>
  );
}
