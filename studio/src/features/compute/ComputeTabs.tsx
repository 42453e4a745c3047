import { makeStyles, Tab, TabList, tokens } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { pageOf, usePlace } from "@/app/where";

const useStyles = makeStyles({
  root: {
    marginBottom: tokens.spacingVerticalL,
    marginInlineStart: `-${tokens.spacingHorizontalM}`,
  },
});

/** The parts of Compute, each at an address of its own. */
export function ComputeTabs({ here }: { readonly here: "compute" | "quota" }) {
  const { t } = useTranslation("compute");
  const navigate = useNavigate();
  const place = usePlace();
  return (
    <TabList
      className={useStyles().root}
      selectedValue={here}
      onTabSelect={(_, { value }) => navigate(pageOf(place, String(value)))}
    >
      <Tab value="compute">{t("tabs.instances")}</Tab>
      <Tab value="quota">{t("tabs.quota")}</Tab>
    </TabList>
  );
}
