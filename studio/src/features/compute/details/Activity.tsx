import { Badge, TableCell, TableRow, Text } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Instance } from "@/api/computes";
import { type RunningApplication, statusQuery } from "@/api/status";
import { usePlace } from "@/app/where";
import { DataTable } from "@/components/DataTable";
import { Section } from "@/components/Section";
import { Reported } from "@/features/compute/details/Reported";
import { Use } from "@/features/compute/Use";
import { useFormat } from "@/lib/useFormat";

const EVERY_MS = 5000;

/** Whether somebody works on the instance, and with what. */
export function Activity({ instance }: { readonly instance: Instance }) {
  const { t } = useTranslation("details");
  const place = usePlace();
  const status = useQuery({ ...statusQuery(place, instance.name), refetchInterval: EVERY_MS });
  return (
    <Reported status={status} part="activity">
      {(_, told) => (
        <>
          <Section title={t("tabs.activity")}>
            <Text>
              <Use status={told} />
            </Text>
          </Section>
          <Section title={t("applications")}>
            <Running all={told.applications} />
          </Section>
        </>
      )}
    </Reported>
  );
}

function Running({ all }: { readonly all: readonly RunningApplication[] }) {
  const { t } = useTranslation("details");
  const format = useFormat();
  return (
    <DataTable
      label={t("applications")}
      columns={[t("application"), t("state"), t("lastUsed")]}
      minWidth={480}
    >
      {all.map((each) => (
        <TableRow key={each.name}>
          <TableCell>{each.displayName}</TableCell>
          <TableCell>
            <Badge
              appearance="tint"
              color={
                each.state === "Running" ? "success" : each.lastError ? "danger" : "informative"
              }
              title={each.lastError ?? ""}
            >
              {t(`states.${each.state}`, { defaultValue: each.state })}
            </Badge>
          </TableCell>
          <TableCell>{each.lastActivity ? format.ago(each.lastActivity) : "–"}</TableCell>
        </TableRow>
      ))}
    </DataTable>
  );
}
