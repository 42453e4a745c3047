import {
  Badge,
  Button,
  Card,
  CardHeader,
  makeStyles,
  Text,
  tokens,
} from "@fluentui/react-components";
import { AddRegular, DeleteRegular, FolderOpenRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useMe } from "@/api/me";
import { type Workspace, workspacesQuery } from "@/api/workspaces";
import { pageOf } from "@/app/where";
import { Empty } from "@/components/Empty";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";
import { PageHeader } from "@/components/PageHeader";
import { CreateWorkspace } from "@/features/workspaces/CreateWorkspace";
import { DeleteWorkspace } from "@/features/workspaces/DeleteWorkspace";

const useStyles = makeStyles({
  list: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 300px), 1fr))",
    gap: tokens.spacingHorizontalL,
    listStyleType: "none",
    margin: 0,
    padding: 0,
  },
  link: {
    color: tokens.colorBrandForegroundLink,
    fontWeight: tokens.fontWeightSemibold,
    textDecorationLine: "none",
    overflowWrap: "anywhere",
    ":hover": { textDecorationLine: "underline" },
  },
  small: { color: tokens.colorNeutralForeground3, overflowWrap: "anywhere" },
});

/** Every workspace that the person may see. */
export function Page() {
  const { t } = useTranslation("workspaces");
  const workspaces = useQuery(workspacesQuery(useMe().subscriptionId));
  const [creating, setCreating] = useState(false);
  const newButton = (
    <Button appearance="primary" icon={<AddRegular />} onClick={() => setCreating(true)}>
      {t("new")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("title")} text={t("text")}>
        {newButton}
      </PageHeader>
      {workspaces.isError && <ErrorMessage error={workspaces.error} retry={workspaces.refetch} />}
      {workspaces.isPending && <Loading />}
      {workspaces.data?.length === 0 && (
        <Empty icon={<FolderOpenRegular />} title={t("none.title")} text={t("none.text")}>
          {newButton}
        </Empty>
      )}
      {workspaces.data && <Cards workspaces={workspaces.data} />}
      <CreateWorkspace open={creating} close={() => setCreating(false)} />
    </>
  );
}

function Cards({ workspaces }: { readonly workspaces: readonly Workspace[] }) {
  const styles = useStyles();
  const { t } = useTranslation("workspaces");
  const [doomed, setDoomed] = useState<Workspace | null>(null);
  return (
    <>
      <ul className={styles.list}>
        {workspaces.map((each) => (
          <li key={each.id}>
            <Card>
              <CardHeader
                header={
                  <Link
                    className={styles.link}
                    to={pageOf({ group: each.group, workspace: each.name })}
                  >
                    {each.friendlyName}
                  </Link>
                }
                description={
                  <Text className={styles.small}>{t("inGroup", { group: each.group })}</Text>
                }
                action={
                  <Button
                    appearance="subtle"
                    icon={<DeleteRegular />}
                    aria-label={t("deleteOne", { name: each.name })}
                    onClick={() => setDoomed(each)}
                  />
                }
              />
              <Badge appearance="tint" color="informative" style={{ alignSelf: "start" }}>
                {each.location}
              </Badge>
            </Card>
          </li>
        ))}
      </ul>
      {doomed && <DeleteWorkspace workspace={doomed} close={() => setDoomed(null)} />}
    </>
  );
}
