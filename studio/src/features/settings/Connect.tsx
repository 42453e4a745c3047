import { makeStyles, Tab, TabList, tokens } from "@fluentui/react-components";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Me, useMe } from "@/api/me";
import { Code } from "@/components/Code";
import { CopyButton } from "@/components/CopyButton";
import { Section } from "@/components/Section";

const useStyles = makeStyles({
  root: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalM },
});

const WAYS = {
  studiolo: (me: Me, origin: string) =>
    `studiolo login --server ${origin} -u ${me.name}\nstudiolo compute list\n`,
  az: (
    me: Me,
    origin: string,
  ) => `export ARM_CLOUD_METADATA_URL=${origin}/metadata/endpoints?api-version=2019-05-01
az cloud register --name Studiolo --endpoint-resource-manager ${origin}
az cloud set --name Studiolo
az config set core.instance_discovery=false
az login --service-principal --tenant ${me.tenantId} --username <client id> --password <secret>
az ml compute list --resource-group <group> --workspace-name <workspace>
`,
  python: (
    me: Me,
    origin: string,
  ) => `# In the environment: ARM_CLOUD_METADATA_URL=${origin}/metadata/endpoints?api-version=2019-05-01
from azure.ai.ml import MLClient
from azure.identity import ClientSecretCredential

credential = ClientSecretCredential(
    "${me.tenantId}",
    client_id,  # of a service principal
    client_secret,
    authority="${origin}",
    disable_instance_discovery=True,
)
client = MLClient(credential, "${me.subscriptionId}", group, workspace)
print([each.name for each in client.compute.list()])
`,
} as const;
type Way = keyof typeof WAYS;

/** How to come in from a command line or a script, with this deployment's own ids. */
export function Connect() {
  const styles = useStyles();
  const { t } = useTranslation("settings");
  const me = useMe();
  const [way, setWay] = useState<Way>("studiolo");
  const text = WAYS[way](me, location.origin);
  return (
    <Section title={t("connect.title")} text={t("connect.text")}>
      <div className={styles.root}>
        <TabList selectedValue={way} onTabSelect={(_, { value }) => setWay(value as Way)}>
          <Tab value="studiolo">studiolo</Tab>
          <Tab value="az">az</Tab>
          <Tab value="python">azure-ai-ml</Tab>
        </TabList>
        <Code label={way}>{text}</Code>
        <div>
          <CopyButton text={text} />
        </div>
      </div>
    </Section>
  );
}
