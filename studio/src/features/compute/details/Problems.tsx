import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { reimage } from "@/api/changes";
import type { Instance } from "@/api/computes";
import { useConfirm } from "@/app/Dialogs";
import { useTell } from "@/app/toasts";
import { usePlace } from "@/app/where";

const useStyles = makeStyles({
  root: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalS,
    marginBottom: tokens.spacingVerticalL,
  },
});

interface Props {
  readonly instance: Instance;
  readonly canReimage: boolean;
}

/** What is wrong with the instance, in the API's words, and whether a newer image waits. */
export function Problems({ instance, canReimage }: Props) {
  const styles = useStyles();
  const { t } = useTranslation("details");
  if (instance.errors.length === 0 && !instance.newerImage) return null;
  return (
    <div className={styles.root}>
      {instance.errors.map((each) => (
        <MessageBar key={each.code + each.message} intent="error" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{t("problem")}</MessageBarTitle>
            {each.message}
          </MessageBarBody>
        </MessageBar>
      ))}
      {instance.newerImage && <NewerImage instance={instance} canReimage={canReimage} />}
    </div>
  );
}

function NewerImage({ instance, canReimage }: Props) {
  const { t } = useTranslation("details");
  const place = usePlace();
  const confirm = useConfirm();
  const tell = useTell();
  const renew = useMutation({
    mutationFn: () => reimage(place, instance.name),
    onError: (error) => tell.failed(t("notReimaged", { name: instance.name }), error),
  });
  const ask = async () => {
    const question = {
      title: t("reimageTitle", { name: instance.name }),
      text: t("reimageText"),
      verb: t("reimage"),
    };
    if (await confirm(question)) renew.mutate();
  };
  return (
    <MessageBar intent="info" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{t("newerImage")}</MessageBarTitle>
        {t("newerImageText")}
      </MessageBarBody>
      {canReimage && (
        <MessageBarActions>
          <Button disabled={renew.isPending} onClick={() => void ask()}>
            {t("reimage")}
          </Button>
        </MessageBarActions>
      )}
    </MessageBar>
  );
}
