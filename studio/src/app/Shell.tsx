import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Outlet, ScrollRestoration, useParams } from "react-router";
import { Header } from "@/app/Header";
import { NavLinks } from "@/app/NavLinks";
import { lastWorkspace } from "@/app/where";
import { Loading } from "@/components/Loading";
import { NARROW } from "@/lib/screen";

const useStyles = makeStyles({
  root: {
    height: "100%",
    display: "grid",
    gridTemplateRows: "auto minmax(0, 1fr)",
    backgroundColor: tokens.colorNeutralBackground2,
  },
  below: { display: "grid", gridTemplateColumns: "216px minmax(0, 1fr)", minHeight: 0 },
  alone: { gridTemplateColumns: "minmax(0, 1fr)" },
  nav: {
    padding: tokens.spacingHorizontalM,
    overflowY: "auto",
    [NARROW]: { display: "none" },
  },
  narrow: { [NARROW]: { gridTemplateColumns: "minmax(0, 1fr)" } },
  main: {
    overflow: "auto",
    padding: `${tokens.spacingVerticalXL} ${tokens.spacingHorizontalXXL}`,
    backgroundColor: tokens.colorNeutralBackground1,
    borderTopLeftRadius: tokens.borderRadiusXLarge,
    ":focus": { outlineStyle: "none" },
    [NARROW]: {
      padding: `${tokens.spacingVerticalL} ${tokens.spacingHorizontalL}`,
      borderTopLeftRadius: 0,
    },
  },
  skip: {
    position: "absolute",
    left: tokens.spacingHorizontalM,
    top: "-60px",
    zIndex: 20,
    padding: tokens.spacingHorizontalM,
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorBrandForegroundLink,
    ":focus": { top: tokens.spacingVerticalS },
  },
});

/** What every page has around it: the bar on top, the way to the other pages, and the page. */
export function Shell() {
  const styles = useStyles();
  const { t } = useTranslation();
  const { group, workspace } = useParams();
  useEffect(() => {
    if (group && workspace) lastWorkspace.set(`${group}/${workspace}`);
  }, [group, workspace]);
  const inWorkspace = Boolean(group && workspace);
  return (
    <div className={styles.root}>
      <a href="#main" className={styles.skip}>
        {t("skipToContent")}
      </a>
      <Suspense fallback={<Loading />}>
        <Header />
        <div className={mergeClasses(styles.below, inWorkspace ? styles.narrow : styles.alone)}>
          {inWorkspace && (
            <nav className={styles.nav} aria-label={t("pages")}>
              <NavLinks />
            </nav>
          )}
          <main id="main" className={styles.main} tabIndex={-1}>
            <Suspense fallback={<Loading />}>
              <Outlet />
            </Suspense>
          </main>
        </div>
      </Suspense>
      <ScrollRestoration />
    </div>
  );
}
