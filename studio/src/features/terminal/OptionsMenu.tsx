import {
  Menu,
  MenuButton,
  MenuDivider,
  MenuItem,
  MenuItemCheckbox,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  Text,
  tokens,
} from "@fluentui/react-components";
import {
  ClipboardPasteRegular,
  CopyRegular,
  FontDecreaseRegular,
  FontIncreaseRegular,
  MoreHorizontalRegular,
} from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { enlarge, screenReader } from "@/features/terminal/options";
import { useRemembered } from "@/lib/remembered";

const useStyles = makeStyles({
  hint: {
    display: "block",
    maxWidth: "280px",
    padding: tokens.spacingHorizontalS,
    color: tokens.colorNeutralForeground2,
  },
});

interface Props {
  readonly copy: () => void;
  readonly paste: () => void;
}

/** What can be done in a terminal, and how it looks. */
export function OptionsMenu({ copy, paste }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("terminal");
  const reader = useRemembered(screenReader) === "on";
  return (
    <Menu
      checkedValues={{ reader: reader ? ["on"] : [] }}
      onCheckedValueChange={(_, { checkedItems }) =>
        screenReader.set(checkedItems.length > 0 ? "on" : "off")
      }
    >
      <MenuTrigger disableButtonEnhancement>
        <MenuButton
          size="small"
          appearance="subtle"
          icon={<MoreHorizontalRegular />}
          menuIcon={null}
          aria-label={t("options.label")}
        />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItem icon={<CopyRegular />} secondaryContent="Ctrl+Shift+C" onClick={copy}>
            {t("options.copy")}
          </MenuItem>
          <MenuItem
            icon={<ClipboardPasteRegular />}
            secondaryContent="Ctrl+Shift+V"
            onClick={paste}
          >
            {t("options.paste")}
          </MenuItem>
          <MenuDivider />
          <MenuItem icon={<FontIncreaseRegular />} persistOnClick onClick={() => enlarge(1)}>
            {t("options.larger")}
          </MenuItem>
          <MenuItem icon={<FontDecreaseRegular />} persistOnClick onClick={() => enlarge(-1)}>
            {t("options.smaller")}
          </MenuItem>
          <MenuDivider />
          <MenuItemCheckbox name="reader" value="on">
            {t("options.reader")}
          </MenuItemCheckbox>
        </MenuList>
        <Text size={200} className={styles.hint}>
          {t("leave")}
        </Text>
      </MenuPopover>
    </Menu>
  );
}
