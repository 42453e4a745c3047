import { Avatar, Button } from "@fluentui/react-components";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/api/me";

const OpenAccountMenu = lazy(() => import("@/app/OpenAccountMenu"));

/** The way to the account's menu, which is loaded when it is first opened. */
export function AccountMenu() {
  const me = useMe();
  const { t } = useTranslation();
  const [wanted, setWanted] = useState(false);
  const button = (
    <Button
      appearance="subtle"
      shape="circular"
      aria-haspopup="menu"
      aria-label={t("account", { name: me.displayName })}
      icon={<Avatar name={me.displayName} color="brand" size={28} aria-hidden />}
      onClick={() => setWanted(true)}
    />
  );
  return wanted ? (
    <Suspense fallback={button}>
      <OpenAccountMenu trigger={button} />
    </Suspense>
  ) : (
    button
  );
}
