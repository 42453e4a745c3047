import {
  Button,
  Card,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  makeStyles,
  ProgressBar,
  Text,
  tokens,
} from "@fluentui/react-components";
import { OpenRegular, PlayRegular } from "@fluentui/react-icons";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { accepts, act, type Instance, onItsWay } from "@/api/computes";
import { type Place, pageOf } from "@/app/where";
import { ErrorMessage } from "@/components/ErrorMessage";
import { StateBadge } from "@/features/compute/StateBadge";
import { useSeconds } from "@/features/welcome/useSeconds";

const useStyles = makeStyles({
  card: {
    maxWidth: "520px",
    padding: tokens.spacingHorizontalXXL,
    gap: tokens.spacingVerticalL,
  },
  title: { margin: 0, overflowWrap: "anywhere" },
  line: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalS,
  },
  link: { color: tokens.colorBrandForegroundLink },
  small: { color: tokens.colorNeutralForeground3 },
});

interface Props {
  readonly place: Place;
  readonly instance: Instance;
  /** Go on to one more. */
  readonly another: () => void;
}

/** An instance on its way to running, or there, or what became of it. */
export function Progress({ place, instance, another }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("welcome");
  return (
    <Card className={styles.card}>
      <div role="status">
        <Text as="h2" size={500} weight="semibold" block className={styles.title}>
          {t(`progress.${kindOf(instance)}`, { name: instance.name })}
        </Text>
      </div>
      <Body {...{ place, instance, another }} />
      <Link className={styles.link} to={pageOf(place, "compute")}>
        {t("progress.compute")}
      </Link>
    </Card>
  );
}

type Kind = "making" | "ready" | "stopped" | "failed";

function kindOf(instance: Instance): Kind {
  if (onItsWay(instance)) return "making";
  if (instance.state === "Running") return "ready";
  return instance.state === "Stopped" ? "stopped" : "failed";
}

function Body(props: Props) {
  switch (kindOf(props.instance)) {
    case "making":
      return <OnItsWay {...props} />;
    case "ready":
      return <Ready {...props} />;
    case "stopped":
      return <Stopped {...props} />;
    default:
      return <Failed {...props} />;
  }
}

function OnItsWay({ instance }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("welcome");
  const seconds = useSeconds(instance.lastOperation.time, true);
  return (
    <>
      <ProgressBar aria-label={t("progress.making", { name: instance.name })} />
      <div className={styles.line}>
        <StateBadge state={instance.state} />
        <Text>{t("progress.seconds", { count: seconds })}</Text>
      </div>
      <Text className={styles.small}>{t("progress.stay")}</Text>
    </>
  );
}

/** Azure calls it "Jupyter Lab". */
const FIRST_APPLICATION = /^jupyter ?lab$/i;

function Ready({ place, instance }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("welcome");
  const all = instance.applications;
  const application = all.find((each) => FIRST_APPLICATION.test(each.name)) ?? all[0];
  return (
    <div className={styles.line}>
      {application && (
        <Button
          as="a"
          href={application.url}
          target="_blank"
          rel="noopener"
          appearance="primary"
          size="large"
          icon={<OpenRegular />}
        >
          {t("progress.open", { application: application.name })}
        </Button>
      )}
      <Link className={styles.link} to={pageOf(place, "notebooks")}>
        {t("progress.notebooks")}
      </Link>
    </div>
  );
}

function Stopped({ place, instance }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("welcome");
  const start = useMutation({ mutationFn: () => act(place, instance.name, "start") });
  return (
    <>
      {start.isError && (
        <ErrorMessage
          error={start.error}
          title={t("progress.notStarted", { name: instance.name })}
        />
      )}
      <div className={styles.line}>
        <StateBadge state={instance.state} />
        <Button
          appearance="primary"
          icon={<PlayRegular />}
          disabled={!accepts(instance, "start") || start.isPending}
          onClick={() => start.mutate()}
        >
          {t("progress.start")}
        </Button>
      </div>
    </>
  );
}

function Failed({ place, instance, another }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("welcome");
  return (
    <>
      <StateBadge state={instance.state} />
      {instance.errors.map((each) => (
        <MessageBar key={each.code} intent="error" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{each.code}</MessageBarTitle>
            {each.message}
          </MessageBarBody>
        </MessageBar>
      ))}
      <div className={styles.line}>
        <Button appearance="primary" onClick={another}>
          {t("progress.another")}
        </Button>
        <Link className={styles.link} to={pageOf(place, "compute", instance.name)}>
          {t("progress.details")}
        </Link>
      </div>
    </>
  );
}
