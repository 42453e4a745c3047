import {
  Field,
  Input,
  makeStyles,
  SearchBox,
  Select,
  Switch,
  tokens,
} from "@fluentui/react-components";
import { useTranslation } from "react-i18next";

const RANGES = { hour: 3600, day: 86_400, week: 604_800, month: 2_592_000, all: 0 } as const;
export type Range = keyof typeof RANGES;

export interface Choice {
  readonly range: Range;
  readonly caller: string;
  readonly status: string;
  readonly words: string;
  /** The whole subscription, and not only this workspace. */
  readonly everywhere: boolean;
}

export const NO_CHOICE: Choice = {
  range: "week",
  caller: "",
  status: "",
  words: "",
  everywhere: false,
};

const MINUTE_MS = 60_000;

/** When a range begins; to the minute, so that it stays one question while it is looked at. */
export function sinceOf(range: Range, now = Date.now()): string {
  if (range === "all") return "";
  const from = now - RANGES[range] * 1000;
  return new Date(Math.floor(from / MINUTE_MS) * MINUTE_MS).toISOString();
}

const STATUSES = ["Accepted", "Succeeded", "Failed", "Canceled", "Denied"] as const;

const useStyles = makeStyles({
  root: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "end",
    gap: tokens.spacingHorizontalM,
    marginBottom: tokens.spacingVerticalL,
  },
});

interface Props {
  readonly choice: Choice;
  readonly change: (part: Partial<Choice>) => void;
}

/** Which lines are shown. */
export function Filters({ choice, change }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("activity");
  return (
    <div className={styles.root}>
      <Field label={t("range")}>
        <Select value={choice.range} onChange={(_, { value }) => change({ range: value as Range })}>
          {(Object.keys(RANGES) as Range[]).map((each) => (
            <option key={each} value={each}>
              {t(`ranges.${each}`)}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={t("status")}>
        <Select value={choice.status} onChange={(_, { value }) => change({ status: value })}>
          <option value="">{t("anyStatus")}</option>
          {STATUSES.map((each) => (
            <option key={each} value={each}>
              {t(`statuses.${each}`)}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={t("caller")}>
        <Input
          value={choice.caller}
          placeholder={t("anybody")}
          onChange={(_, { value }) => change({ caller: value.trim() })}
        />
      </Field>
      <SearchBox
        placeholder={t("search")}
        aria-label={t("search")}
        value={choice.words}
        onChange={(_, { value }) => change({ words: value })}
      />
      <Switch
        label={t("everywhere")}
        checked={choice.everywhere}
        onChange={(_, { checked }) => change({ everywhere: checked })}
      />
    </div>
  );
}
