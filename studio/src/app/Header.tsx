import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { NavigationRegular } from "@fluentui/react-icons";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { AccountMenu } from "@/app/AccountMenu";
import { WorkspaceMenu } from "@/app/WorkspaceMenu";
import { NARROW } from "@/lib/screen";

const PagesDrawer = lazy(() => import("@/app/PagesDrawer"));

const useStyles = makeStyles({
  bar: {
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
    minHeight: "48px",
    boxSizing: "border-box",
  },
  brand: {
    fontWeight: tokens.fontWeightSemibold,
    fontSize: tokens.fontSizeBase400,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: "none",
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
    "& img": { width: "22px", height: "22px", display: "block" },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  word: { [NARROW]: { display: "none" } },
  burger: { display: "none", [NARROW]: { display: "inline-flex" } },
  gap: { flexGrow: 1 },
});

export function Header() {
  const styles = useStyles();
  const inWorkspace = Boolean(useParams().workspace);
  return (
    <header className={styles.bar}>
      {inWorkspace && <Drawer className={styles.burger} />}
      <Link to="/" className={styles.brand} aria-label="Studiolo">
        <img src="/favicon.ico" alt="" />
        <span className={styles.word}>Studiolo</span>
      </Link>
      <WorkspaceMenu />
      <span className={styles.gap} />
      <AccountMenu />
    </header>
  );
}

/** The pages, on a narrow screen: their drawer is loaded when it is first opened. */
function Drawer({ className }: { readonly className: string }) {
  const [open, setOpen] = useState<boolean | null>(null);
  const { t } = useTranslation();
  return (
    <>
      <Button
        appearance="subtle"
        className={className}
        icon={<NavigationRegular />}
        aria-label={t("pages")}
        onClick={() => setOpen(true)}
      />
      {open !== null && (
        <Suspense>
          <PagesDrawer open={open} setOpen={setOpen} />
        </Suspense>
      )}
    </>
  );
}
