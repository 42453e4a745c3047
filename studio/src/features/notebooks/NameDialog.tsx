import { Field, Input } from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { folderQuery } from "@/api/files";
import { type Place, usePlace } from "@/app/where";
import { messageOf } from "@/components/ErrorMessage";
import { FormDialog } from "@/components/FormDialog";
import { freeName, join, nameProblem, parentOf } from "@/features/notebooks/paths";
import type { Asked, FileActions } from "@/features/notebooks/useFileActions";

type Named = Exclude<Asked, { about: "move" }> | Extract<Asked, { entry: object }>;

interface Props {
  readonly asked: Named;
  readonly actions: FileActions;
}

const NEW_NAMES = {
  notebook: "untitled.ipynb",
  file: "untitled.py",
  folder: "untitled-folder",
};

/** Asks for the name of something new, or for another name. */
export function NameDialog({ asked, actions }: Props) {
  const { t } = useTranslation("notebooks");
  const names = useNames(usePlace(), asked.about === "new" ? asked.folder : folderOf(asked));
  const [first] = useState(() =>
    asked.about === "new" ? freeName(NEW_NAMES[asked.kind], names) : asked.entry.name,
  );
  const [name, setName] = useState(first);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const problem = nameProblem(name);
  const taken = names.has(name) && !(asked.about !== "new" && name === first);
  const submit = async () => {
    setBusy(true);
    try {
      if (asked.about === "new") await actions.make(asked.kind, asked.folder, name);
      else await actions.move(asked.entry.path, join(folderOf(asked), name));
      actions.answered();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const said = taken
    ? t("name.taken", { name })
    : problem
      ? t(`name.${problem}`)
      : error
        ? messageOf(error)
        : "";
  return (
    <FormDialog
      title={asked.about === "new" ? t(`new.${asked.kind}`) : t("rename.title", { name: first })}
      verb={t(asked.about === "new" ? "new.done" : "rename.verb")}
      ready={!problem && !taken && !busy}
      submit={() => void submit()}
      close={actions.answered}
    >
      <Field
        label={t("name.label")}
        {...(said && { validationMessage: said })}
        hint={asked.about === "new" ? t("name.in", { folder: asked.folder || t("top") }) : ""}
      >
        <Input
          value={name}
          autoFocus
          onFocus={(event) => selectStem(event.target, first)}
          onChange={(_, { value }) => {
            setName(value);
            setError(null);
          }}
        />
      </Field>
    </FormDialog>
  );
}

function folderOf(asked: Extract<Asked, { entry: object }>): string {
  return parentOf(asked.entry.path);
}

/** The names in a folder, as far as they are known. */
function useNames(place: Place, folder: string): ReadonlySet<string> {
  const entries = useQueryClient().getQueryData(folderQuery(place, folder).queryKey);
  return new Set(entries?.map((each) => each.name));
}

/** Select the name without its extension: what a person wants to change. */
function selectStem(input: HTMLInputElement, name: string): void {
  const dot = name.lastIndexOf(".");
  input.setSelectionRange(0, dot > 0 ? dot : name.length);
}
