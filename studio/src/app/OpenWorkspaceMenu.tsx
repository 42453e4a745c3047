import {
  Button,
  Menu,
  MenuDivider,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
} from "@fluentui/react-components";
import { ChevronDownRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { useMe } from "@/api/me";
import { workspacesQuery } from "@/api/workspaces";

const useStyles = makeStyles({
  button: { minWidth: 0, fontWeight: "normal" },
  name: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", maxWidth: "24ch" },
  list: { maxHeight: "60vh", overflowY: "auto" },
});

/** Open from the beginning: which workspace the pages are about, and the way to another. */
export default function OpenWorkspaceMenu() {
  const styles = useStyles();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { group, workspace } = useParams();
  const workspaces = useQuery(workspacesQuery(useMe().subscriptionId)).data ?? [];
  const here = workspaces.find((each) => each.group === group && each.name === workspace);
  const value = group && workspace ? `${group}/${workspace}` : "";
  return (
    <Menu
      defaultOpen
      checkedValues={{ workspace: [value] }}
      onCheckedValueChange={(_, { checkedItems }) =>
        navigate(`/workspaces/${checkedItems[0] ?? ""}`)
      }
    >
      <MenuTrigger disableButtonEnhancement>
        <Button
          appearance="subtle"
          icon={<ChevronDownRegular />}
          iconPosition="after"
          className={styles.button}
        >
          <span className={styles.name}>{here?.friendlyName ?? workspace ?? t("workspaces")}</span>
        </Button>
      </MenuTrigger>
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
