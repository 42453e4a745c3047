import {
  Button,
  Link,
  Menu,
  MenuButton,
  MenuDivider,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  mergeClasses,
  Text,
  tokens,
} from "@fluentui/react-components";
import {
  AddRegular,
  DesktopRegular,
  OpenRegular,
  PlayRegular,
  WindowConsoleRegular,
} from "@fluentui/react-icons";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { accepts, act, type Instance, onItsWay, readAgain } from "@/api/computes";
import { useTell } from "@/app/toasts";
import { pageOf, usePlace } from "@/app/where";
import { messageOf } from "@/components/ErrorMessage";
import { StateBadge, useStateWord } from "@/features/compute/StateBadge";
import { CreateDialog } from "@/features/notebooks/notebook/CreateDialog";
import {
  applicationUrl,
  originOf,
  type PickedCompute,
} from "@/features/notebooks/notebook/usePickedCompute";
import { NARROW } from "@/lib/screen";

const useStyles = makeStyles({
  root: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
    minHeight: "40px",
    flexShrink: 0,
    padding: `${tokens.spacingVerticalXXS} ${tokens.spacingHorizontalM}`,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    [NARROW]: { paddingInline: tokens.spacingHorizontalS },
  },
  pick: { maxWidth: "280px" },
  name: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  text: { color: tokens.colorNeutralForeground2, flexGrow: 1, flexBasis: "160px", minWidth: 0 },
  error: { color: tokens.colorStatusDangerForeground1 },
  open: { display: "inline-flex", alignItems: "center", gap: tokens.spacingHorizontalXS },
});

interface Props {
  readonly compute: PickedCompute;
  readonly path: string;
}

/** Which instance the notebook runs on, and what it takes that it does. */
export function ComputeBar({ compute, path }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("notebooks");
  const [creating, setCreating] = useState(false);
  const { mine, picked, error } = compute;
  const words = useWords(compute);
  return (
    <div className={styles.root} role="group" aria-label={t("compute.label")}>
      {mine && mine.length > 0 && (
        <Picker compute={compute} mine={mine} create={() => setCreating(true)} />
      )}
      {picked && <StateBadge state={picked.state} />}
      {mine?.length === 0 && (
        <Button
          size="small"
          appearance="primary"
          icon={<AddRegular />}
          onClick={() => setCreating(true)}
        >
          {t("compute.create")}
        </Button>
      )}
      {picked && accepts(picked, "start") && <StartButton instance={picked} />}
      <Text
        size={200}
        className={mergeClasses(styles.text, error !== null && styles.error)}
        role="status"
      >
        {error ? messageOf(error) : words}
      </Text>
      {picked?.state === "Running" && <Elsewhere instance={picked} path={path} />}
      {creating && (
        <CreateDialog created={(name) => compute.pick(name)} close={() => setCreating(false)} />
      )}
    </div>
  );
}

/** Why the notebook is only shown, as long as it is. */
function useWords({ mine, picked }: PickedCompute): string {
  const { t } = useTranslation("notebooks");
  if (!mine) return "";
  if (!picked) return t("compute.none");
  if (picked.state === "Running") return "";
  if (picked.errors[0]) return picked.errors[0].message;
  return t(onItsWay(picked) ? "compute.wait" : "compute.readOnly", { name: picked.name });
}

interface PickerProps {
  readonly compute: PickedCompute;
  readonly mine: readonly Instance[];
  readonly create: () => void;
}

/** Which of the person's instances, or a new one. */
export function Picker({ compute, mine, create }: PickerProps) {
  const styles = useStyles();
  const { t } = useTranslation("notebooks");
  const word = useStateWord();
  const { picked, pick } = compute;
  return (
    <Menu
      checkedValues={{ compute: picked ? [picked.name] : [] }}
      onCheckedValueChange={(_, { checkedItems }) => pick(checkedItems[0] ?? "")}
    >
      <MenuTrigger disableButtonEnhancement>
        <MenuButton
          size="small"
          icon={<DesktopRegular />}
          className={styles.pick}
          aria-label={t("compute.pick", { name: picked?.name ?? "" })}
        >
          <span className={styles.name}>{picked?.name}</span>
        </MenuButton>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {mine.map((each) => (
            <MenuItemRadio
              key={each.id}
              name="compute"
              value={each.name}
              secondaryContent={word(each.state)}
            >
              {each.name}
            </MenuItemRadio>
          ))}
          <MenuDivider />
          <MenuItem icon={<AddRegular />} onClick={create}>
            {t("compute.create")}
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

/** Starts the instance. */
export function StartButton({ instance }: { readonly instance: Instance }) {
  const { t } = useTranslation(["notebooks", "compute"]);
  const place = usePlace();
  const client = useQueryClient();
  const tell = useTell();
  const [busy, setBusy] = useState(false);
  const start = async () => {
    setBusy(true);
    try {
      await act(place, instance.name, "start");
      await readAgain(client, place);
    } catch (error) {
      tell.failed(t("compute:failed.start", { name: instance.name }), error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button
      size="small"
      appearance="primary"
      icon={<PlayRegular />}
      disabled={busy}
      onClick={() => void start()}
    >
      {t("compute:verbs.start")}
    </Button>
  );
}

/** The same file in other applications. */
function Elsewhere({ instance, path }: { readonly instance: Instance; readonly path: string }) {
  const styles = useStyles();
  const { t } = useTranslation("notebooks");
  const place = usePlace();
  const navigate = useNavigate();
  const origin = originOf(instance);
  if (!origin) return null;
  return (
    <>
      <Button
        size="small"
        appearance="subtle"
        icon={<WindowConsoleRegular />}
        onClick={() => navigate(pageOf(place, "terminal", instance.name))}
      >
        {t("compute.terminal")}
      </Button>
      <Link
        href={applicationUrl(origin, "lab/tree", path)}
        target="_blank"
        rel="noopener"
        className={styles.open}
      >
        {t("compute.lab")}
        <OpenRegular aria-hidden />
      </Link>
    </>
  );
}
