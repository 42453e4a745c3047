import {
  Menu,
  MenuDivider,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
} from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { useMe } from "@/api/me";
import { workspacesQuery } from "@/api/workspaces";

const useStyles = makeStyles({
  list: { maxHeight: "60vh", overflowY: "auto" },
});

/** Open from the beginning: the way to another workspace. */
export default function OpenWorkspaceMenu({ trigger }: { readonly trigger: ReactElement }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { group, workspace } = useParams();
  const workspaces = useQuery(workspacesQuery(useMe().subscriptionId)).data ?? [];
  const value = group && workspace ? `${group}/${workspace}` : "";
  return (
    <Menu
      defaultOpen
      checkedValues={{ workspace: [value] }}
      onCheckedValueChange={(_, { checkedItems }) =>
        navigate(`/workspaces/${checkedItems[0] ?? ""}`)
      }
    >
      <MenuTrigger disableButtonEnhancement>{trigger}</MenuTrigger>
      <MenuPopover>
        <MenuList className={styles.list}>
          {workspaces.map((each) => (
            <MenuItemRadio
              key={each.id}
              name="workspace"
              value={`${each.group}/${each.name}`}
              secondaryContent={each.group}
            >
              {each.friendlyName}
            </MenuItemRadio>
          ))}
          {workspaces.length > 0 && <MenuDivider />}
          <MenuItem onClick={() => navigate("/workspaces")}>{t("allWorkspaces")}</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
