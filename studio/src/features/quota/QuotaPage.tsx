import { Dropdown, Field, makeStyles, Option, Switch, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import { TOTAL, usagesQuery } from "@/api/regions";
import { locationsQuery, workspaceQuery } from "@/api/workspaces";
import { usePlace } from "@/app/where";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";
import { PageHeader } from "@/components/PageHeader";
import { ComputeTabs } from "@/features/compute/ComputeTabs";
import { EditLimit } from "@/features/quota/EditLimit";
import { FamilyList } from "@/features/quota/FamilyList";
import { useHolders } from "@/features/quota/holders";
import { UsageRow } from "@/features/quota/UsageRow";

const useStyles = makeStyles({
  tools: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "end",
    gap: tokens.spacingHorizontalXL,
    marginBottom: tokens.spacingVerticalL,
  },
  total: { marginBottom: tokens.spacingVerticalL },
});

/** How many vCPUs of each kind are in use, how many there may be, and who has them. */
export function Page() {
  const styles = useStyles();
  const { t } = useTranslation(["quota", "compute"]);
  const place = usePlace();
  const locations = useQuery(locationsQuery(place.subscription));
  const own = useQuery(workspaceQuery(place)).data?.location;
  const [chosen, setChosen] = useState("");
  const [all, setAll] = useState(false);
  const location = chosen || (own ?? "");
  return (
    <>
      <PageHeader title={t("compute:title")} text={t("compute:text")} />
      <ComputeTabs here="quota" />
      <div className={styles.tools}>
        <Field label={t("region")}>
          <Dropdown
            value={location}
            selectedOptions={[location]}
            onOptionSelect={(_, { optionValue }) => setChosen(optionValue ?? "")}
          >
            {(locations.data ?? []).map((each) => (
              <Option key={each.name} value={each.name}>
                {each.name}
              </Option>
            ))}
          </Dropdown>
        </Field>
        <Switch label={t("showAll")} checked={all} onChange={(_, { checked }) => setAll(checked)} />
      </div>
      {location && <Region key={location} location={location} all={all} />}
    </>
  );
}

function Region({ location, all }: { readonly location: string; readonly all: boolean }) {
  const styles = useStyles();
  const { t } = useTranslation("quota");
  const { subscription } = usePlace();
  const usages = useQuery({ ...usagesQuery(subscription, location), refetchInterval: 10_000 });
  const holders = useHolders(subscription, location);
  // A list that is there stays while the connection is away: somebody may be changing a limit.
  if (usages.isError && (!usages.data || usages.error instanceof ApiError))
    return <ErrorMessage error={usages.error} retry={usages.refetch} />;
  if (!usages.data) return <Loading />;
  const total = usages.data.find((each) => each.name === TOTAL);
  const families = usages.data.filter((each) => each !== total && (all || each.used > 0));
  return (
    <>
      {total && (
        <div className={styles.total}>
          <UsageRow usage={total} name={t("total")} />
          <EditLimit usage={total} name={t("total")} location={location} />
        </div>
      )}
      <FamilyList families={families} holders={holders} location={location} />
    </>
  );
}
