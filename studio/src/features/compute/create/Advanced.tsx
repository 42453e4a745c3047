import {
  Field,
  Input,
  makeStyles,
  Select,
  Switch,
  Textarea,
  tokens,
} from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { subnetsQuery } from "@/api/networks";
import { peopleQuery } from "@/api/people";
import { usePlace } from "@/app/where";
import type { Draft } from "@/features/compute/create/draft";
import type { FieldErrors } from "@/features/compute/create/fieldErrors";
import { IdleMinutes } from "@/features/compute/create/IdleMinutes";
import { DraftSchedules } from "@/features/compute/schedules/DraftSchedules";

const useStyles = makeStyles({
  root: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalL,
    maxWidth: "560px",
  },
});

interface Props {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly errors: FieldErrors;
  readonly location: string;
  /** What the region can do: what it cannot is not asked for. */
  readonly features: Readonly<Record<string, boolean>>;
}

/** Everything that may be left as it is. */
export function Advanced({ draft, change, errors, location, features }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("create");
  return (
    <div className={styles.root}>
      <Field label={t("description")} {...said(errors.description)}>
        <Input
          value={draft.description}
          onChange={(_, { value }) => change({ description: value })}
        />
      </Field>
      <Field label={t("tags")} hint={t("tagsHint")} {...said(errors.tags)}>
        <Textarea
          value={draft.tags}
          onChange={(_, { value }) => change({ tags: value })}
          rows={3}
        />
      </Field>
      {features.assignedUser && <AssignedUser {...{ draft, change, errors }} />}
      {features.diskSizes && (
        <>
          <Disk name="homeDisk" {...{ draft, change, errors }} />
          <Disk name="rootDisk" {...{ draft, change, errors }} />
        </>
      )}
      {features.virtualNetworks && <Subnet {...{ draft, change, errors, location }} />}
      {features.idleShutdown && (
        <IdleMinutes
          value={draft.idleMinutes}
          change={(idleMinutes) => change({ idleMinutes })}
          {...said(errors.idleMinutes)}
        />
      )}
      {features.schedules && (
        <DraftSchedules
          plans={draft.schedules}
          change={(schedules) => change({ schedules })}
          error={errors.schedules}
        />
      )}
      {features.noPublicIp && (
        <Field hint={t("publicIpHint")} {...said(errors.publicIp)}>
          <Switch
            label={t("publicIp")}
            checked={draft.publicIp}
            onChange={(_, { checked }) => change({ publicIp: checked })}
          />
        </Field>
      )}
    </div>
  );
}

function said(error: string | undefined) {
  return error ? ({ validationState: "error", validationMessage: error } as const) : {};
}

type PartProps = Pick<Props, "draft" | "change" | "errors">;

/** On behalf of whom; only for those who may see who there is. */
function AssignedUser({ draft, change, errors }: PartProps) {
  const { t } = useTranslation("create");
  const people = useQuery(peopleQuery);
  if (!people.data) return null;
  return (
    <Field label={t("assignedUser")} hint={t("assignedUserHint")} {...said(errors.assignedUser)}>
      <Select
        value={draft.assignedUser}
        onChange={(_, { value }) => change({ assignedUser: value })}
      >
        <option value="">{t("myself")}</option>
        {people.data
          .filter((each) => !each.disabled)
          .map((each) => (
            <option key={each.id} value={each.id}>
              {`${each.displayName} (${each.name})`}
            </option>
          ))}
      </Select>
    </Field>
  );
}

function Disk({ name, draft, change, errors }: PartProps & { name: "homeDisk" | "rootDisk" }) {
  const { t } = useTranslation("create");
  return (
    <Field label={t(name)} hint={t("diskHint")} {...said(errors[name])}>
      <Input
        type="number"
        min={1}
        value={draft[name]}
        contentAfter="GiB"
        onChange={(_, { value }) => change({ [name]: value })}
      />
    </Field>
  );
}

function Subnet({ draft, change, errors, location }: PartProps & { readonly location: string }) {
  const { t } = useTranslation("create");
  const place = usePlace();
  const subnets = useQuery(subnetsQuery(place.subscription, location));
  if (!subnets.data?.length) return null;
  return (
    <Field label={t("subnet")} hint={t("subnetHint")} {...said(errors.subnet)}>
      <Select value={draft.subnet} onChange={(_, { value }) => change({ subnet: value })}>
        <option value="">{t("noSubnet")}</option>
        {subnets.data.map((each) => (
          <option key={each.id} value={each.id}>
            {`${each.network} / ${each.name} (${each.prefix})`}
          </option>
        ))}
      </Select>
    </Field>
  );
}
