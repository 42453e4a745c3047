import {
  Button,
  Card,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { RocketRegular } from "@fluentui/react-icons";
import { type UseMutationResult, useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useMe } from "@/api/me";
import { usagesQuery } from "@/api/regions";
import { sizesQuery } from "@/api/sizes";
import { type Place, pageOf } from "@/app/where";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";
import { NAME_RULE } from "@/features/compute/create/draft";
import { fieldErrors } from "@/features/compute/create/fieldErrors";
import { SizeSelect } from "@/features/compute/create/SizeSelect";
import { firstChoice, type Offer, offers } from "@/features/compute/create/sizing";
import { type NameCheck, useNameCheck } from "@/features/compute/create/useNameCheck";
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
  const choices = useChoices(location);
  const proposed = useFreeName(place);
  const [typed, setTyped] = useState<string | null>(null);
  const [chosen, setChosen] = useState("");
  const name = typed ?? proposed;
  const check = useCheck(place, name);
  if (choices.error) return <ErrorMessage error={choices.error} retry={choices.retry} />;
  // A proposal must not come between the letters of somebody who has begun to type.
  if (!proposed && typed === null) return <Loading />;
  const size = chosen || firstChoice(choices.all ?? []);
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
        <NameField {...{ name, check }} error={errors.name} change={change(setTyped)} />
        <SizeField
          {...{ size, location }}
          choices={choices.all}
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

/** The sizes of a region, and which of them can be had. */
function useChoices(location: string) {
  const { subscriptionId } = useMe();
  const sizes = useQuery(sizesQuery(subscriptionId, location));
  const usages = useQuery(usagesQuery(subscriptionId, location));
  // Without the usages all sizes are offered: the API refuses what is too much.
  const known = sizes.data && !usages.isPending;
  const all = known ? offers(sizes.data, usages.data) : undefined;
  return { all, error: sizes.error, retry: sizes.refetch };
}

const NOWHERE: Place = { subscription: "", group: "", workspace: "" };

/** Where there is no workspace to ask in, a name that keeps the rule will do. */
function useCheck(place: Place | null, name: string): NameCheck {
  const asked = useNameCheck(place ?? NOWHERE, place ? name : "");
  if (place || !name) return asked;
  return { state: NAME_RULE.test(name) ? "free" : "malformed", message: "" };
}

interface NameProps {
  readonly name: string;
  readonly check: NameCheck;
  readonly error: string | undefined;
  readonly change: (name: string) => void;
}

function NameField({ name, check, error, change }: NameProps) {
  const { t } = useTranslation(["welcome", "create"]);
  const rule = t("create:nameRule");
  const said = check.state === "taken" ? check.message : error;
  const wrong = said ?? (check.state === "malformed" ? rule : undefined);
  return (
    <Field label={t("name")} required {...(wrong ? { validationMessage: wrong } : { hint: rule })}>
      <Input
        value={name}
        maxLength={24}
        autoComplete="off"
        spellCheck={false}
        autoCapitalize="none"
        onChange={(_, { value }) => change(value.trim())}
      />
    </Field>
  );
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
