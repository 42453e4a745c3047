import { Tab, TabList } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";

interface Props {
  readonly at: 0 | 1;
  readonly go: (step: 0 | 1) => void;
}

/** The two steps, either of which can be gone to. */
export function Steps({ at, go }: Props) {
  const { t } = useTranslation("create");
  return (
    <TabList
      selectedValue={at}
      onTabSelect={(_, { value }) => go(value === 1 ? 1 : 0)}
      style={{ marginInlineStart: -12, marginBottom: 20 }}
    >
      <Tab value={0}>{t("steps.required")}</Tab>
      <Tab value={1}>{t("steps.advanced")}</Tab>
    </TabList>
  );
}
