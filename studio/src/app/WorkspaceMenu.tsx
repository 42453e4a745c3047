import { Button, makeStyles } from "@fluentui/react-components";
import { ChevronDownRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { useMe } from "@/api/me";
import { workspaceQuery } from "@/api/workspaces";

const OpenWorkspaceMenu = lazy(() => import("@/app/OpenWorkspaceMenu"));

const useStyles = makeStyles({
  button: { minWidth: 0, fontWeight: "normal" },
  name: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", maxWidth: "24ch" },
});

/** Which workspace the pages are about; the menu of others is loaded when it is first opened. */
export function WorkspaceMenu() {
  const styles = useStyles();
  const { t } = useTranslation();
  const { group, workspace } = useParams();
  const place = {
    subscription: useMe().subscriptionId,
    group: group ?? "",
    workspace: workspace ?? "",
  };
  const here = useQuery(workspaceQuery(place)).data;
  const [wanted, setWanted] = useState(false);
  const button = (
    <Button
      appearance="subtle"
      icon={<ChevronDownRegular />}
      iconPosition="after"
      className={styles.button}
      aria-haspopup="menu"
      onClick={() => setWanted(true)}
    >
      <span className={styles.name}>{here?.friendlyName ?? workspace ?? t("workspaces")}</span>
    </Button>
  );
  return wanted ? (
    <Suspense fallback={button}>
      <OpenWorkspaceMenu trigger={button} />
    </Suspense>
  ) : (
    button
  );
}
