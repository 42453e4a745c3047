import { Button, Field, Input, makeStyles, Textarea, tokens } from "@fluentui/react-components";
import { EditRegular } from "@fluentui/react-icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { describe } from "@/api/changes";
import { type Instance, readAgain } from "@/api/computes";
import { useSize } from "@/api/sizes";
import { usePlace } from "@/app/where";
import { Code } from "@/components/Code";
import { CopyButton } from "@/components/CopyButton";
import { ErrorMessage } from "@/components/ErrorMessage";
import { type Fact, Facts } from "@/components/Facts";
import { Section } from "@/components/Section";
import { parseTags } from "@/features/compute/create/draft";
import { IdleShutdown } from "@/features/compute/details/IdleShutdown";
import { useFormat } from "@/lib/useFormat";

const useStyles = makeStyles({
  form: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalM,
    maxWidth: "480px",
  },
  buttons: { display: "flex", gap: tokens.spacingHorizontalS },
  json: { marginTop: tokens.spacingVerticalM },
});

interface Props {
  readonly instance: Instance;
  readonly isolation: string | null | undefined;
  /** What the region can do. */
  readonly features: Readonly<Record<string, boolean>>;
}

/** What the instance is. */
export function Overview({ instance, isolation, features }: Props) {
  const { t } = useTranslation("details");
  return (
    <>
      <Section title={t("properties")}>
        <Properties instance={instance} isolation={isolation} />
      </Section>
      {features.idleShutdown && <IdleShutdown key={instance.id} instance={instance} />}
      <Section title={t("notes")}>
        <Notes key={instance.id} instance={instance} />
      </Section>
      <Json instance={instance} />
    </>
  );
}

function Properties({ instance, isolation }: Omit<Props, "features">) {
  const { t } = useTranslation(["details", "compute"]);
  const format = useFormat();
  const { subscription } = usePlace();
  const size = useSize(subscription, instance.location, instance.size);
  const words = size && t(size.gpus ? "compute:sizeWithGpu" : "compute:sizeInWords", { ...size });
  const last = instance.lastOperation;
  const facts: readonly Fact[] = [
    [t("size"), words ? `${instance.size} (${words})` : instance.size],
    [t("region"), instance.location],
    [t("owner"), instance.ownerName],
    [t("created"), instance.createdOn && format.moment(instance.createdOn)],
    [
      t("lastOperation"),
      t(last.trigger === "IdleShutdown" ? "operationWhenIdle" : "operation", {
        name: t(`operations.${last.name}`, { defaultValue: last.name }),
        status: t(`statuses.${last.status}`, { defaultValue: last.status }),
        when: format.ago(last.time),
      }),
    ],
    [t("privateIp"), instance.privateIp],
    [t("subnet"), instance.subnet?.split("/").at(-1)],
    [t("walls"), isolation],
    [t("id"), instance.id],
  ];
  return <Facts all={facts} />;
}

/** Description and tags, to be read and changed. */
function Notes({ instance }: { readonly instance: Instance }) {
  const styles = useStyles();
  const { t } = useTranslation(["details", "create", "common"]);
  const place = usePlace();
  const client = useQueryClient();
  const lines = Object.entries(instance.tags).map(([key, value]) => `${key}=${value}`);
  const [editing, setEditing] = useState(false);
  const [description, setDescription] = useState(instance.description);
  const [tags, setTags] = useState(lines.join("\n"));
  const save = useMutation({
    mutationFn: () => describe(place, instance.name, { description, tags: parseTags(tags) }),
    onSuccess: async () => {
      await readAgain(client, place);
      setEditing(false);
    },
  });
  if (!editing) {
    return (
      <>
        <p style={{ whiteSpace: "pre-wrap", margin: 0 }}>{instance.description || t("noNotes")}</p>
        {lines.length > 0 && <p style={{ margin: 0 }}>{lines.join(", ")}</p>}
        <Button
          appearance="subtle"
          icon={<EditRegular />}
          onClick={() => setEditing(true)}
          style={{ marginInlineStart: -12 }}
        >
          {t("edit")}
        </Button>
      </>
    );
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      {save.isError && <ErrorMessage error={save.error} title={t("notSaved")} />}
      <Field label={t("create:description")}>
        <Input value={description} onChange={(_, { value }) => setDescription(value)} />
      </Field>
      <Field label={t("create:tags")} hint={t("create:tagsHint")}>
        <Textarea value={tags} onChange={(_, { value }) => setTags(value)} rows={3} />
      </Field>
      <div className={styles.buttons}>
        <Button type="submit" appearance="primary" disabled={save.isPending}>
          {t("common:save")}
        </Button>
        <Button onClick={() => setEditing(false)}>{t("common:cancel")}</Button>
      </div>
    </form>
  );
}

function Json({ instance }: { readonly instance: Instance }) {
  const styles = useStyles();
  const { t } = useTranslation("details");
  const [open, setOpen] = useState(false);
  const text = JSON.stringify(instance.served, null, 2);
  return (
    <>
      <Button onClick={() => setOpen(!open)} aria-expanded={open}>
        {t(open ? "hideJson" : "showJson")}
      </Button>{" "}
      {open && (
        <>
          <CopyButton text={text} />
          <div className={styles.json}>
            <Code label="JSON">{text}</Code>
          </div>
        </>
      )}
    </>
  );
}
