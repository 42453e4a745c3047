import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { CodeRegular } from "@fluentui/react-icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import { createInstance, instanceCreated } from "@/api/computes";
import { useMe } from "@/api/me";
import { capabilitiesQuery } from "@/api/regions";
import { workspaceQuery } from "@/api/workspaces";
import { pageOf, usePlace } from "@/app/where";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";
import { PageHeader } from "@/components/PageHeader";
import { Advanced } from "@/features/compute/create/Advanced";
import { bodyOf, type Draft, EMPTY } from "@/features/compute/create/draft";
import { fieldErrors } from "@/features/compute/create/fieldErrors";
import { Required } from "@/features/compute/create/Required";
import { Steps } from "@/features/compute/create/Steps";
import { firstChoice } from "@/features/compute/create/sizing";
import { askAgain, useNameCheck } from "@/features/compute/create/useNameCheck";
import { useOffers } from "@/features/compute/create/useOffers";
import { ViewAs } from "@/features/compute/create/ViewAs";
import { isComplete } from "@/features/compute/schedules/plan";

const useStyles = makeStyles({
  form: { maxWidth: "960px" },
  buttons: {
    display: "flex",
    flexWrap: "wrap",
    gap: tokens.spacingHorizontalS,
    marginTop: tokens.spacingVerticalXL,
  },
  gap: { flexGrow: 1 },
});

/** An address of the studio itself, or null: a link from elsewhere must not lead people away. */
export function withinStudio(address: string | null): string | null {
  if (!address || !URL.canParse(address, location.origin)) return null;
  const { origin, pathname, search } = new URL(address, location.origin);
  // A path of two slashes is another host's address again.
  return origin === location.origin && !pathname.startsWith("//") ? pathname + search : null;
}

const ON_FIRST_STEP: readonly (keyof Draft)[] = ["name", "size"];

/** Making a compute instance, in two steps. */
export function Page() {
  const { t } = useTranslation(["create", "common"]);
  const place = usePlace();
  const me = useMe();
  const here = useQuery(workspaceQuery(place));
  if (here.isError) return <ErrorMessage error={here.error} retry={here.refetch} />;
  return (
    <>
      <PageHeader title={t("title")} text={t("text", { workspace: place.workspace })} />
      {here.data ? <Form location={here.data.location} tenant={me.tenantId} /> : <Loading />}
    </>
  );
}

function Form({ location, tenant }: { readonly location: string; readonly tenant: string }) {
  const styles = useStyles();
  const { t } = useTranslation(["create", "common"]);
  const place = usePlace();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [query] = useSearchParams();
  const after = withinStudio(query.get("next")) ?? pageOf(place, "compute");
  const [step, setStep] = useState<0 | 1>(0);
  const [typed, setTyped] = useState<Draft>(EMPTY);
  const [viewing, setViewing] = useState(false);

  const offered = useOffers(place.subscription, location);
  const capabilities = useQuery(capabilitiesQuery(place.subscription, location));
  const draft = { ...typed, size: typed.size || firstChoice(offered.offers) };
  const check = useNameCheck(place, draft.name);

  const create = useMutation({
    mutationFn: () => createInstance(place, draft.name, bodyOf(draft, location, tenant)),
    onSuccess: (instance) => {
      instanceCreated(client, place, instance);
      navigate(after);
    },
    onError: (error) => {
      askAgain(client, error);
      void client.invalidateQueries({ queryKey: ["usages"] });
      const fields = fieldErrors(error);
      if (ON_FIRST_STEP.some((each) => fields[each])) setStep(0);
      else if (Object.keys(fields).length > 0) setStep(1);
    },
  });
  const errors = fieldErrors(create.error);
  const ready = check.state === "free" && draft.size !== "" && draft.schedules.every(isComplete);
  const change = (part: Partial<Draft>) => {
    setTyped((before) => ({ ...before, ...part }));
    create.reset();
  };

  if (offered.error) return <ErrorMessage error={offered.error} retry={offered.retry} />;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) create.mutate();
      }}
    >
      <Steps at={step} go={setStep} />
      {create.isError && Object.keys(errors).length === 0 && (
        <ErrorMessage error={create.error} title={t("notCreated")} />
      )}
      {step === 0 ? (
        <Required
          {...{ draft, change, check, errors }}
          offers={offered.offers}
          waiting={offered.isPending}
        />
      ) : (
        <Advanced
          {...{ draft, change, errors, location }}
          features={capabilities.data?.features ?? {}}
        />
      )}
      <div className={styles.buttons}>
        {step === 1 && <Button onClick={() => setStep(0)}>{t("back")}</Button>}
        <Button
          type="submit"
          appearance="primary"
          disabled={!ready || create.isPending}
          disabledFocusable={create.isPending}
        >
          {create.isPending ? t("creating") : t("create")}
        </Button>
        {step === 0 && <Button onClick={() => setStep(1)}>{t("next")}</Button>}
        <Button onClick={() => navigate(after)}>{t("common:cancel")}</Button>
        <span className={styles.gap} />
        <Button appearance="subtle" icon={<CodeRegular />} onClick={() => setViewing(true)}>
          {t("viewAs")}
        </Button>
      </div>
      <ViewAs
        open={viewing}
        close={() => setViewing(false)}
        draft={draft}
        context={{ place, location, tenant }}
      />
    </form>
  );
}
