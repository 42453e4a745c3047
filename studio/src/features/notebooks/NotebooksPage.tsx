import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useNavigate } from "react-router";
import { useMe } from "@/api/me";
import { type Place, usePlace } from "@/app/where";
import { FileDialogs } from "@/features/notebooks/FileDialogs";
import { FilesPane } from "@/features/notebooks/FilesPane";
import { OpenFiles } from "@/features/notebooks/open/OpenFiles";
import { addressOf, movedPath, nameOf, parentOf, pathIn } from "@/features/notebooks/paths";
import { useTree } from "@/features/notebooks/tree/useTree";
import { useEntry } from "@/features/notebooks/useEntry";
import { useFileActions } from "@/features/notebooks/useFileActions";
import { useLeaving } from "@/features/notebooks/useLeaving";
import { type Tabs, useTabs } from "@/features/notebooks/useTabs";
import { remembered, useRemembered } from "@/lib/remembered";
import { NARROW, useNarrow } from "@/lib/screen";

const useStyles = makeStyles({
  // The whole of the page's space, without the padding that other pages have.
  root: {
    height: `calc(100% + 2 * ${tokens.spacingVerticalXL})`,
    marginBlock: `calc(-1 * ${tokens.spacingVerticalXL})`,
    marginInline: `calc(-1 * ${tokens.spacingHorizontalXXL})`,
    display: "grid",
    gridTemplateColumns: "300px minmax(0, 1fr)",
    gridTemplateRows: "minmax(0, 1fr)",
    [NARROW]: {
      height: `calc(100% + 2 * ${tokens.spacingVerticalL})`,
      marginBlock: `calc(-1 * ${tokens.spacingVerticalL})`,
      marginInline: `calc(-1 * ${tokens.spacingHorizontalL})`,
      gridTemplateColumns: "minmax(0, 1fr)",
    },
  },
  collapsed: {
    gridTemplateColumns: "44px minmax(0, 1fr)",
    [NARROW]: { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  pane: { minWidth: 0, minHeight: 0, display: "flex", flexDirection: "column" },
  files: { borderRight: `1px solid ${tokens.colorNeutralStroke2}`, [NARROW]: { border: "none" } },
  // On a narrow screen the tree and the open file are pages of their own.
  away: { [NARROW]: { display: "none" } },
});

const filesShown = remembered<"shown" | "collapsed">("files", "shown");

/** The workspace's files, and those that are open. */
export function Page() {
  const place = usePlace();
  return <Notebooks key={`${place.group}/${place.workspace}`} place={place} />;
}

function Notebooks({ place }: { readonly place: Place }) {
  const styles = useStyles();
  const home = `Users/${useMe().alias}`;
  const path = pathIn(useLocation().pathname);
  const tabs = useTabs(`${place.group}/${place.workspace}`);
  const tree = useTree(place, path || home);
  const found = useEntry(path);
  const collapsed = useRemembered(filesShown) === "collapsed";
  const narrow = useNarrow();
  const actions = useActionsOn(place, path, tabs, tree.reveal);
  const isFile = found.is === "there" && found.entry.type !== "directory";
  const isFolder = found.is === "top" || (found.is === "there" && !isFile);
  useShown(isFile ? path : "", path, tabs.show, tree.reveal);
  useLeaving(place, tabs.dirty.size > 0);
  return (
    <div className={mergeClasses(styles.root, collapsed && styles.collapsed)}>
      <div className={mergeClasses(styles.pane, styles.files, !isFolder && styles.away)}>
        <FilesPane
          {...{ tree, actions, path, home }}
          collapsed={collapsed}
          setCollapsed={(away) => filesShown.set(away ? "collapsed" : "shown")}
        />
      </div>
      <div className={mergeClasses(styles.pane, isFolder && styles.away)}>
        <OpenFiles {...{ tabs, actions, path, found, home }} alone={collapsed || narrow} />
      </div>
      <FileDialogs actions={actions} />
    </div>
  );
}

/** What was done to files, seen in the tree, the tabs and the address. */
function useActionsOn(place: Place, path: string, tabs: Tabs, reveal: (path: string) => void) {
  const navigate = useNavigate();
  return useFileActions({
    made: (made, isFolder) => {
      if (isFolder) reveal(made);
      else void navigate(addressOf(place, made));
    },
    moved: (from, to) => {
      tabs.moved(from, to);
      const next = movedPath(path, from, to);
      if (next !== path) void navigate(addressOf(place, next), { replace: true });
      else reveal(to);
    },
    removed: (gone) => {
      tabs.removed(gone);
      if (movedPath(path, gone, "") === path) return;
      void navigate(addressOf(place, parentOf(gone)), { replace: true });
    },
  });
}

/** Follow the address: its file has a tab, and the tree shows where it is. */
function useShown(
  file: string,
  path: string,
  show: (path: string) => void,
  reveal: (path: string) => void,
): void {
  const { t } = useTranslation("notebooks");
  useEffect(() => {
    if (path) reveal(path);
    document.title = `${nameOf(path) || t("title")} – Studiolo`;
  }, [path, reveal, t]);
  useEffect(() => {
    if (file) show(file);
  }, [file, show]);
}
