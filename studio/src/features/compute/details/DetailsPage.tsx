import { Button, makeStyles, Tab, TabList, tokens } from "@fluentui/react-components";
import { ArrowLeftRegular, DesktopRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { computeQuery, type Instance } from "@/api/computes";
import { hasStatus } from "@/api/errors";
import { capabilitiesQuery } from "@/api/regions";
import { pageOf, usePlace } from "@/app/where";
import { Empty } from "@/components/Empty";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";
import { PageHeader } from "@/components/PageHeader";
import { ActionButtons } from "@/features/compute/details/ActionButtons";
import { Activity } from "@/features/compute/details/Activity";
import { Logs } from "@/features/compute/details/Logs";
import { Monitoring } from "@/features/compute/details/Monitoring";
import { Overview } from "@/features/compute/details/Overview";
import { Problems } from "@/features/compute/details/Problems";
import { Resize } from "@/features/compute/details/Resize";
import { Snapshots } from "@/features/compute/details/Snapshots";
import { Applications } from "@/features/compute/list/Applications";
import { StateBadge } from "@/features/compute/StateBadge";
import { NextFiring } from "@/features/compute/schedules/NextFiring";
import { Schedules } from "@/features/compute/schedules/Schedules";
import { useLive } from "@/features/compute/useLive";

const useStyles = makeStyles({
  back: {
    display: "inline-flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalXS,
    color: tokens.colorNeutralForeground2,
    textDecorationLine: "none",
    marginBottom: tokens.spacingVerticalS,
    ":hover": { textDecorationLine: "underline" },
  },
  state: {
    display: "flex",
    flexWrap: "wrap",
    gap: tokens.spacingHorizontalL,
    marginTop: tokens.spacingVerticalXS,
  },
});

/** One compute instance. */
export function Page() {
  const styles = useStyles();
  const { t } = useTranslation(["details", "compute"]);
  const place = usePlace();
  const { compute = "" } = useParams();
  const refetchInterval = useLive(place);
  const found = useQuery({ ...computeQuery(place, compute), refetchInterval });
  return (
    <>
      <Link to={pageOf(place, "compute")} className={styles.back}>
        <ArrowLeftRegular aria-hidden />
        {t("compute:title")}
      </Link>
      {hasStatus(found.error, 404) ? (
        <Gone name={compute} />
      ) : found.data ? (
        <Details instance={found.data} />
      ) : found.isError ? (
        <ErrorMessage error={found.error} retry={found.refetch} />
      ) : (
        <Loading />
      )}
    </>
  );
}

function Gone({ name }: { readonly name: string }) {
  const { t } = useTranslation("details");
  const navigate = useNavigate();
  const place = usePlace();
  return (
    <Empty icon={<DesktopRegular />} title={t("gone", { name })} text={t("goneText")}>
      <Button appearance="primary" onClick={() => navigate(pageOf(place, "compute"))}>
        {t("toList")}
      </Button>
    </Empty>
  );
}

function Details({ instance }: { readonly instance: Instance }) {
  const styles = useStyles();
  const { t } = useTranslation("details");
  const place = usePlace();
  const [query, setQuery] = useSearchParams();
  const capabilities = useQuery(capabilitiesQuery(place.subscription, instance.location));
  const features = capabilities.data?.features ?? {};
  const tabs = [
    "overview",
    "monitoring",
    "activity",
    "logs",
    ...(features.snapshots ? (["snapshots"] as const) : []),
    ...(features.schedules ? (["schedules"] as const) : []),
    ...(features.resize ? (["resize"] as const) : []),
  ] as const;
  const tab = tabs.find((each) => each === query.get("tab")) ?? "overview";
  return (
    <>
      <PageHeader
        title={instance.name}
        text={
          <span className={styles.state}>
            <StateBadge state={instance.state} />
            <Applications instance={instance} />
            <NextFiring instance={instance} />
          </span>
        }
      >
        <ActionButtons instance={instance} />
      </PageHeader>
      <Problems instance={instance} canReimage={features.reimage === true} />
      <TabList
        selectedValue={tab}
        onTabSelect={(_, { value }) => setQuery({ tab: String(value) }, { replace: true })}
        style={{ marginInlineStart: -12, marginBottom: 20, flexWrap: "wrap" }}
      >
        {tabs.map((each) => (
          <Tab key={each} value={each}>
            {t(`tabs.${each}`)}
          </Tab>
        ))}
      </TabList>
      {tab === "overview" && (
        <Overview
          instance={instance}
          isolation={capabilities.data?.isolation}
          features={features}
        />
      )}
      {tab === "monitoring" && <Monitoring instance={instance} />}
      {tab === "activity" && <Activity instance={instance} />}
      {tab === "logs" && <Logs instance={instance} />}
      {tab === "snapshots" && <Snapshots instance={instance} features={features} />}
      {tab === "schedules" && <Schedules instance={instance} />}
      {tab === "resize" && <Resize instance={instance} features={features} />}
    </>
  );
}
