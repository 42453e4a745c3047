import {
  Toolbar as FluentToolbar,
  makeStyles,
  SearchBox,
  Switch,
  Text,
  ToolbarButton,
  tokens,
} from "@fluentui/react-components";
import {
  ArrowClockwiseRegular,
  DeleteRegular,
  PlayRegular,
  RecordStopRegular,
} from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { accepts, type Instance, type Verb } from "@/api/computes";
import { NARROW } from "@/lib/screen";

const useStyles = makeStyles({
  root: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
    marginBottom: tokens.spacingVerticalM,
  },
  actions: { padding: 0, flexWrap: "wrap" },
  gap: { flexGrow: 1 },
  search: { width: "240px", [NARROW]: { width: "100%", maxWidth: "none" } },
  count: { color: tokens.colorNeutralForeground2 },
});

const VERBS: readonly [Verb, React.ReactElement][] = [
  ["start", <PlayRegular key="start" />],
  ["stop", <RecordStopRegular key="stop" />],
  ["restart", <ArrowClockwiseRegular key="restart" />],
  ["delete", <DeleteRegular key="delete" />],
];

interface Props {
  readonly chosen: readonly Instance[];
  readonly busy: boolean;
  readonly perform: (verb: Verb) => void;
  readonly words: string;
  readonly setWords: (words: string) => void;
  readonly mine: boolean;
  readonly setMine: (mine: boolean) => void;
}

/** What can be done with the chosen instances, and which are shown. */
export function Toolbar(props: Props) {
  const styles = useStyles();
  const { t } = useTranslation("compute");
  return (
    <div className={styles.root}>
      <FluentToolbar aria-label={t("actions")} className={styles.actions}>
        {VERBS.map(([verb, icon]) => (
          <ToolbarButton
            key={verb}
            icon={icon}
            disabled={props.busy || !props.chosen.some((each) => accepts(each, verb))}
            onClick={() => props.perform(verb)}
          >
            {t(`verbs.${verb}`)}
          </ToolbarButton>
        ))}
      </FluentToolbar>
      {props.chosen.length > 0 && (
        <Text className={styles.count} role="status">
          {t("chosen", { count: props.chosen.length })}
        </Text>
      )}
      <span className={styles.gap} />
      <Switch
        label={t("mine")}
        checked={props.mine}
        onChange={(_, { checked }) => props.setMine(checked)}
      />
      <SearchBox
        className={styles.search}
        placeholder={t("search")}
        aria-label={t("search")}
        value={props.words}
        onChange={(_, { value }) => props.setWords(value)}
      />
    </div>
  );
}
