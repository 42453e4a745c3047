import { Field, Input, Select } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import type { Location } from "@/api/workspaces";

/** A workspace to be made. */
export interface Draft {
  readonly name: string;
  readonly group: string;
  /** Empty until the person has chosen. */
  readonly location: string;
}

/** The draft with the first of the regions where none is chosen. */
export function located(draft: Draft, locations: readonly Location[] = []): Draft {
  return { ...draft, location: draft.location || (locations[0]?.name ?? "") };
}

interface Props {
  readonly draft: Draft;
  readonly locations: readonly Location[];
  /** The workspace is there already. */
  readonly locked?: boolean;
  readonly nameLabel: string;
  readonly change: (part: Partial<Draft>) => void;
}

/** What a workspace is called, and where it is. */
export function WorkspaceFields({ draft, locations, locked = false, nameLabel, change }: Props) {
  const { t } = useTranslation("workspaces");
  return (
    <>
      <Field label={nameLabel} required>
        <Input
          value={draft.name}
          disabled={locked}
          onChange={(_, { value }) => change({ name: value.trim() })}
        />
      </Field>
      <Field label={t("group")} hint={t("groupHint")} required>
        <Input
          value={draft.group}
          disabled={locked}
          onChange={(_, { value }) => change({ group: value.trim() })}
        />
      </Field>
      <Field label={t("location")}>
        <Select
          value={draft.location}
          disabled={locked}
          onChange={(_, { value }) => change({ location: value })}
        >
          {locations.map((each) => (
            <option key={each.name} value={each.name}>
              {each.displayName}
            </option>
          ))}
        </Select>
      </Field>
    </>
  );
}
