import {
  Button,
  Card,
  Field,
  MessageBar,
  MessageBarBody,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { RocketRegular } from "@fluentui/react-icons";
import type { UseMutationResult } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useMe } from "@/api/me";
import { type Place, pageOf } from "@/app/where";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";
import { NAME_RULE } from "@/features/compute/create/draft";
import { fieldErrors } from "@/features/compute/create/fieldErrors";
import { NameField } from "@/features/compute/create/NameField";
import { SizeSelect } from "@/features/compute/create/SizeSelect";
import { firstChoice, type Offer } from "@/features/compute/create/sizing";
import { type NameCheck, useNameCheck } from "@/features/compute/create/useNameCheck";
import { useOffers } from "@/features/compute/create/useOffers";
import { useFreeName } from "@/features/welcome/useFreeName";

const useStyles = makeStyles({
  card: {
    maxWidth: "520px",
    padding: tokens.spacingHorizontalXXL,
    gap: tokens.spacingVerticalL,
  },
  form: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalL },
  button: { alignSelf: "start" },
  links: {
    display: "flex",
    flexWrap: "wrap",
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalS,
  },
  link: { color: tokens.colorBrandForegroundLink },
});

interface Wanted {
  readonly name: string;
  readonly size: string;
}

interface Props {
  /** Where names are asked about; null while there is no workspace. */
  readonly place: Place | null;
  readonly location: string;
  readonly create: UseMutationResult<unknown, Error, Wanted>;
  /** Further fields, above and below. */
  readonly before?: ReactNode;
  readonly after?: ReactNode;
}

/** A name and a size, both chosen already; one button is all. */
export function InstanceForm({ place, location, create, before, after }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("welcome");
  const offered = useOffers(useMe().subscriptionId, location);
  const choices = offered.isSettled ? offered.offers : undefined;
  const proposed = useFreeName(place);
  const [typed, setTyped] = useState<string | null>(null);
  const [chosen, setChosen] = useState("");
  const name = typed ?? proposed;
  const check = useCheck(place, name);
  if (offered.error) return <ErrorMessage error={offered.error} retry={offered.retry} />;
  // A proposal must not come between the letters of somebody who has begun to type.
  if (!proposed && typed === null) return <Loading />;
  const size = chosen || firstChoice(choices ?? []);
  const errors = fieldErrors(create.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (check.state === "free" && size && !create.isPending) create.mutate({ name, size });
  };
  const change = (set: (value: string) => void) => (value: string) => {
    create.reset();
    set(value);
  };
  return (
    <Card className={styles.card}>
      <form className={styles.form} onSubmit={submit}>
        {create.isError && !errors.name && !errors.size && (
          <ErrorMessage error={create.error} title={t("notCreated")} />
        )}
        {before}
        <NameField
          label={t("name")}
          {...{ name, check }}
          error={errors.name}
          change={change(setTyped)}
        />
        <SizeField
          {...{ size, location, choices }}
          error={errors.size}
          change={change(setChosen)}
        />
        {after}
        <Button
          type="submit"
          appearance="primary"
          size="large"
          icon={<RocketRegular />}
          className={styles.button}
          disabled={check.state !== "free" || !size || create.isPending}
          disabledFocusable={create.isPending}
        >
          {t(create.isPending ? "creating" : "create")}
        </Button>
      </form>
      {place && <OtherWays place={place} />}
    </Card>
  );
}

const NOWHERE: Place = { subscription: "", group: "", workspace: "" };

/** Where there is no workspace to ask in, a name that keeps the rule will do. */
function useCheck(place: Place | null, name: string): NameCheck {
  const asked = useNameCheck(place ?? NOWHERE, place ? name : "");
  if (place || !name) return asked;
  return { state: NAME_RULE.test(name) ? "free" : "malformed", message: "" };
}

interface SizeProps {
  readonly size: string;
  readonly location: string;
  /** Undefined while they are not known. */
  readonly choices: readonly Offer[] | undefined;
  readonly error: string | undefined;
  readonly change: (size: string) => void;
}

function SizeField({ size, location, choices, error, change }: SizeProps) {
  const { t } = useTranslation("welcome");
  if (choices && !choices.some((each) => each.fits))
    return (
      <MessageBar intent="warning" layout="multiline">
        <MessageBarBody>{t("noSize", { location })}</MessageBarBody>
      </MessageBar>
    );
  return (
    <Field label={t("size")} {...(error && { validationMessage: error })}>
      <SizeSelect choices={choices ?? []} value={size} onChange={change} />
    </Field>
  );
}

function OtherWays({ place }: { readonly place: Place }) {
  const styles = useStyles();
  const { t } = useTranslation("welcome");
  return (
    <div className={styles.links}>
      <Link className={styles.link} to={pageOf(place, "compute", "new")}>
        {t("more")}
      </Link>
      <Link className={styles.link} to={pageOf(place)}>
        {t("later")}
      </Link>
    </div>
  );
}
