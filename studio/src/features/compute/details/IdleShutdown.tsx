import { Text } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { setIdleTime } from "@/api/changes";
import { type Instance, readAgain } from "@/api/computes";
import { statusQuery } from "@/api/status";
import { usePlace } from "@/app/where";
import { InlineForm } from "@/components/InlineForm";
import { Section } from "@/components/Section";
import { idleTime } from "@/features/compute/create/draft";
import { IdleMinutes } from "@/features/compute/create/IdleMinutes";
import { Use } from "@/features/compute/Use";

const EVERY_MS = 30_000;

/** When the instance stops by itself, and how far it is from that. */
export function IdleShutdown({ instance }: { readonly instance: Instance }) {
  const { t } = useTranslation("details");
  const place = usePlace();
  const client = useQueryClient();
  const present = instance.idleMinutes?.toString() ?? "";
  const [typed, setTyped] = useState<string | null>(null);
  const minutes = typed ?? present;
  const save = useMutation({
    mutationFn: () => setIdleTime(place, instance.name, minutes ? idleTime(minutes) : null),
    onSuccess: async () => {
      await readAgain(client, place);
      setTyped(null);
    },
  });
  const status = useQuery({
    ...statusQuery(place, instance.name),
    refetchInterval: EVERY_MS,
    enabled: instance.state === "Running",
  });
  return (
    <Section title={t("idleShutdown.title")}>
      <Text block>
        {present ? t("idleShutdown.on", { count: Number(present) }) : t("idleShutdown.off")}{" "}
        {instance.state === "Running" && status.data && <Use status={status.data} />}
      </Text>
      <InlineForm send={save} verb={t("idleShutdown.set")} failed={t("notSaved")}>
        <IdleMinutes value={minutes} change={setTyped} />
      </InlineForm>
    </Section>
  );
}
