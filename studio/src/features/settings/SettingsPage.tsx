import {
  Field,
  makeStyles,
  Radio,
  RadioGroup,
  Select,
  Text,
  tokens,
} from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import { useMe } from "@/api/me";
import { type ThemeChoice, themeChoice } from "@/app/theme";
import { type Fact, Facts } from "@/components/Facts";
import { PageHeader } from "@/components/PageHeader";
import { Section } from "@/components/Section";
import { Connect } from "@/features/settings/Connect";
import { Tokens } from "@/features/settings/Tokens";
import { chooseLanguage, LANGUAGES, type Language, languageChoice } from "@/lib/i18n";
import { useRemembered } from "@/lib/remembered";

const useStyles = makeStyles({
  choices: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalL,
    maxWidth: "320px",
  },
});

/** What belongs to the person: account, appearance, tokens, and how to come in from elsewhere. */
export function Page() {
  const { t } = useTranslation("settings");
  return (
    <>
      <PageHeader title={t("title")} />
      <Account />
      <Appearance />
      <Tokens />
      <Connect />
    </>
  );
}

function Account() {
  const { t } = useTranslation("settings");
  const me = useMe();
  const facts: readonly Fact[] = [
    [t("displayName"), me.displayName],
    [t("userName"), me.name],
    [t("objectId"), me.id],
  ];
  return (
    <Section title={t("account")}>
      <Facts all={facts} />
    </Section>
  );
}

const THEMES: readonly ThemeChoice[] = ["system", "light", "dark"];

function Appearance() {
  const styles = useStyles();
  const { t } = useTranslation(["settings", "common"]);
  const theme = useRemembered(themeChoice);
  const language = useRemembered(languageChoice);
  return (
    <Section title={t("appearance")}>
      <div className={styles.choices}>
        <Field label={t("common:theme")}>
          <RadioGroup
            value={theme}
            onChange={(_, { value }) => themeChoice.set(value as ThemeChoice)}
          >
            {THEMES.map((each) => (
              <Radio key={each} value={each} label={t(`common:themes.${each}`)} />
            ))}
          </RadioGroup>
        </Field>
        <Field label={t("language")}>
          <Select
            value={language}
            onChange={(_, { value }) => void chooseLanguage(value as Language | "")}
          >
            <option value="">{t("asBrowser")}</option>
            {Object.entries(LANGUAGES).map(([code, name]) => (
              <option key={code} value={code}>
                {name}
              </option>
            ))}
          </Select>
        </Field>
        <Text>{t("timeZone", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}</Text>
      </div>
    </Section>
  );
}
