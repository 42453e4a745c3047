import {
  Menu,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from "@fluentui/react-components";
import { SettingsRegular, SignOutRegular } from "@fluentui/react-icons";
import type { ReactElement } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { request } from "@/api/client";
import { useMe } from "@/api/me";
import { type ThemeChoice, themeChoice } from "@/app/theme";
import { useTell } from "@/app/toasts";
import { useRemembered } from "@/lib/remembered";

const THEMES: readonly ThemeChoice[] = ["system", "light", "dark"];

/** Who is signed in, the theme, the settings, and the way out. */
export default function OpenAccountMenu({ trigger }: { readonly trigger: ReactElement }) {
  const me = useMe();
  const { t } = useTranslation();
  const navigate = useNavigate();
  const tell = useTell();
  const theme = useRemembered(themeChoice);
  const signOut = async () => {
    try {
      await request("/auth/session", { method: "DELETE" });
      location.assign("/signin");
    } catch (error) {
      tell.failed(t("signOutFailed"), error);
    }
  };
  return (
    <Menu
      defaultOpen
      checkedValues={{ theme: [theme] }}
      onCheckedValueChange={(_, { checkedItems }) =>
        themeChoice.set((checkedItems[0] as ThemeChoice | undefined) ?? "system")
      }
    >
      <MenuTrigger disableButtonEnhancement>{trigger}</MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuGroup>
            <MenuGroupHeader>{me.displayName}</MenuGroupHeader>
            <MenuItem icon={<SettingsRegular />} onClick={() => navigate("/settings")}>
              {t("settings")}
            </MenuItem>
          </MenuGroup>
          <MenuDivider />
          <MenuGroup>
            <MenuGroupHeader>{t("theme")}</MenuGroupHeader>
            {THEMES.map((each) => (
              <MenuItemRadio key={each} name="theme" value={each}>
                {t(`themes.${each}`)}
              </MenuItemRadio>
            ))}
          </MenuGroup>
          <MenuDivider />
          <MenuItem icon={<SignOutRegular />} onClick={() => void signOut()}>
            {t("signOut")}
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
