import { Toolbar, ToolbarButton } from "@fluentui/react-components";
import {
  ArrowClockwiseRegular,
  DeleteRegular,
  PlayRegular,
  RecordStopRegular,
} from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { accepts, type Instance, type Verb } from "@/api/computes";
import { useActions } from "@/features/compute/list/useActions";

const ICONS: Readonly<Record<Verb, React.ReactElement>> = {
  start: <PlayRegular />,
  stop: <RecordStopRegular />,
  restart: <ArrowClockwiseRegular />,
  delete: <DeleteRegular />,
};

/** What can be done with this instance now. */
export function ActionButtons({ instance }: { readonly instance: Instance }) {
  const { t } = useTranslation("compute");
  const { perform, busy } = useActions();
  return (
    <Toolbar aria-label={t("actionsOf", { name: instance.name })} style={{ flexWrap: "wrap" }}>
      {(Object.keys(ICONS) as Verb[]).map((verb) => (
        <ToolbarButton
          key={verb}
          icon={ICONS[verb]}
          disabled={busy || !accepts(instance, verb)}
          onClick={() => void perform([instance], verb)}
        >
          {t(`verbs.${verb}`)}
        </ToolbarButton>
      ))}
    </Toolbar>
  );
}
