import { Button, Field, Input, makeStyles, Select, tokens } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { resize } from "@/api/changes";
import { type Instance, readAgain } from "@/api/computes";
import { useTell } from "@/app/toasts";
import { usePlace } from "@/app/where";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Section } from "@/components/Section";
import { useOffers } from "@/features/compute/create/useOffers";

const useStyles = makeStyles({
  form: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalL,
    maxWidth: "420px",
    alignItems: "stretch",
  },
  button: { alignSelf: "start" },
});

interface Props {
  readonly instance: Instance;
  readonly features: Readonly<Record<string, boolean>>;
}

/** Another size, larger disks. */
export function Resize({ instance, features }: Props) {
  const styles = useStyles();
  const { t } = useTranslation(["details", "compute"]);
  const place = usePlace();
  const client = useQueryClient();
  const tell = useTell();
  const { offers } = useOffers(place.subscription, instance.location);
  const [size, setSize] = useState(instance.size);
  const [home, setHome] = useState("");
  const [root, setRoot] = useState("");
  const change = useMutation({
    mutationFn: () =>
      resize(place, instance.name, {
        ...(size !== instance.size && { targetVMSize: size }),
        ...(home && { homeDiskSizeGiB: Number(home) }),
        ...(root && { rootDiskSizeGiB: Number(root) }),
      }),
    onSuccess: () => {
      tell.done(t("resize.begun", { name: instance.name }));
      setHome("");
      setRoot("");
      void readAgain(client, place);
    },
  });
  const changed = size !== instance.size || home !== "" || root !== "";
  return (
    <Section
      title={t("tabs.resize")}
      text={t(features.onlineResize ? "resize.online" : "resize.offline")}
    >
      {change.isError && <ErrorMessage error={change.error} title={t("resize.failed")} />}
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <Field label={t("size")}>
          <Select value={size} onChange={(_, { value }) => setSize(value)}>
            {offers.map(({ size: each, fits }) => (
              <option
                key={each.name}
                value={each.name}
                disabled={!fits && each.name !== instance.size}
              >
                {`${each.name} (${t("compute:sizeInWords", { ...each })})`}
              </option>
            ))}
          </Select>
        </Field>
        {features.diskSizes && (
          <>
            <Grow label={t("resize.home")} value={home} change={setHome} />
            <Grow label={t("resize.root")} value={root} change={setRoot} />
          </>
        )}
        <Button
          type="submit"
          appearance="primary"
          className={styles.button}
          disabled={!changed || change.isPending}
        >
          {t("tabs.resize")}
        </Button>
      </form>
    </Section>
  );
}

interface GrowProps {
  readonly label: string;
  readonly value: string;
  readonly change: (value: string) => void;
}

function Grow({ label, value, change }: GrowProps) {
  const { t } = useTranslation("details");
  return (
    <Field label={label} hint={t("resize.onlyLarger")}>
      <Input
        type="number"
        min={1}
        value={value}
        contentAfter="GiB"
        onChange={(_, data) => change(data.value)}
      />
    </Field>
  );
}
