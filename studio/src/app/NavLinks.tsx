import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import {
  DesktopRegular,
  HistoryRegular,
  NotebookRegular,
  PeopleLockRegular,
  WindowConsoleRegular,
} from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { NavLink, useMatch, useParams } from "react-router";
import { pageOf } from "@/app/where";

const useStyles = makeStyles({
  list: {
    listStyleType: "none",
    margin: 0,
    padding: 0,
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalXXS,
  },
  link: {
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalSNudge} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: "none",
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
    ":hover": { backgroundColor: tokens.colorNeutralBackground2Hover },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
    "& svg": { fontSize: "20px", flexShrink: 0 },
  },
  here: {
    backgroundColor: tokens.colorNeutralBackground2Selected,
    fontWeight: tokens.fontWeightSemibold,
    "& svg": { color: tokens.colorBrandForeground1 },
  },
});

const PAGES = [
  ["notebooks", NotebookRegular],
  ["compute", DesktopRegular],
  ["terminal", WindowConsoleRegular],
  ["access", PeopleLockRegular],
  ["activity", HistoryRegular],
] as const;

/** The pages of the workspace. */
export function NavLinks({ onGo }: { readonly onGo?: () => void }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const { group = "", workspace = "" } = useParams();
  const onQuota = useMatch("/workspaces/:group/:workspace/quota") !== null;
  return (
    <ul className={styles.list}>
      {PAGES.map(([page, Icon]) => (
        <li key={page}>
          <NavLink
            to={pageOf({ group, workspace }, page)}
            onClick={onGo}
            className={({ isActive }) =>
              mergeClasses(
                styles.link,
                // The quota is a part of Compute, at an address of its own.
                (isActive || (page === "compute" && onQuota)) && styles.here,
              )
            }
          >
            <Icon aria-hidden />
            {t(`nav.${page}`)}
          </NavLink>
        </li>
      ))}
    </ul>
  );
}
