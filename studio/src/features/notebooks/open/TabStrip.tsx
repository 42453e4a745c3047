import { Button, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { ArrowLeftRegular, CircleFilled, DismissRegular } from "@fluentui/react-icons";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { usePlace } from "@/app/where";
import { addressOf, nameOf, parentOf } from "@/features/notebooks/paths";
import { FileIcon } from "@/features/notebooks/tree/FileIcon";
import type { Tab, Tabs } from "@/features/notebooks/useTabs";
import { NARROW } from "@/lib/screen";

const useStyles = makeStyles({
  root: {
    display: "flex",
    alignItems: "stretch",
    flexShrink: 0,
    minHeight: "44px",
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  back: { display: "none", [NARROW]: { display: "inline-flex", alignSelf: "center" } },
  list: {
    display: "flex",
    overflowX: "auto",
    scrollbarWidth: "thin",
    listStyleType: "none",
    margin: 0,
    padding: 0,
    flexGrow: 1,
    minWidth: 0,
  },
  tab: {
    display: "flex",
    alignItems: "center",
    flexShrink: 0,
    maxWidth: "240px",
    paddingInlineEnd: tokens.spacingHorizontalXS,
    borderRight: `1px solid ${tokens.colorNeutralStroke2}`,
    color: tokens.colorNeutralForeground2,
    ":hover": { backgroundColor: tokens.colorSubtleBackgroundHover },
  },
  current: {
    color: tokens.colorNeutralForeground1,
    boxShadow: `inset 0 -2px 0 ${tokens.colorCompoundBrandStroke}`,
  },
  link: {
    display: "flex",
    alignItems: "center",
    alignSelf: "stretch",
    gap: tokens.spacingHorizontalXS,
    minWidth: 0,
    color: "inherit",
    textDecorationLine: "none",
    paddingInlineStart: tokens.spacingHorizontalM,
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "-2px" },
  },
  name: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  icon: { display: "inline-flex", fontSize: "16px", flexShrink: 0 },
  dirty: { fontSize: "10px", flexShrink: 0, color: tokens.colorBrandForeground1 },
});

interface Props {
  readonly tabs: Tabs;
  readonly path: string;
  readonly close: (tab: Tab) => void;
}

/** The open files. Each is a link to its address. */
export function TabStrip({ tabs, path, close }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("notebooks");
  const place = usePlace();
  const navigate = useNavigate();
  if (tabs.all.length === 0) return null;
  return (
    <nav className={styles.root} aria-label={t("tabs.label")}>
      <Button
        appearance="subtle"
        className={styles.back}
        icon={<ArrowLeftRegular />}
        aria-label={t("tabs.back")}
        onClick={() => navigate(addressOf(place, parentOf(path)))}
      />
      <ul className={styles.list}>
        {tabs.all.map((tab) => (
          <TabItem
            key={tab.id}
            tab={tab}
            current={tab.path === path}
            dirty={tabs.dirty.has(tab.id)}
            close={() => close(tab)}
          />
        ))}
      </ul>
    </nav>
  );
}

interface ItemProps {
  readonly tab: Tab;
  readonly current: boolean;
  readonly dirty: boolean;
  readonly close: () => void;
}

function TabItem({ tab, current, dirty, close }: ItemProps) {
  const styles = useStyles();
  const { t } = useTranslation("notebooks");
  const place = usePlace();
  const item = useRef<HTMLLIElement>(null);
  const name = nameOf(tab.path);
  useEffect(() => {
    if (current) item.current?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  }, [current]);
  return (
    <li
      ref={item}
      className={mergeClasses(styles.tab, current && styles.current)}
      onAuxClick={(event) => event.button === 1 && close()}
    >
      <Link
        to={addressOf(place, tab.path)}
        className={styles.link}
        aria-current={current ? "page" : undefined}
        title={tab.path}
      >
        <span className={styles.icon} aria-hidden>
          <FileIcon name={name} type="file" />
        </span>
        <span className={styles.name}>{name}</span>
        {dirty && <CircleFilled className={styles.dirty} title={t("tabs.unsaved")} />}
      </Link>
      <Button
        appearance="transparent"
        size="small"
        icon={<DismissRegular />}
        aria-label={t("tabs.close", { name })}
        onClick={close}
      />
    </li>
  );
}
