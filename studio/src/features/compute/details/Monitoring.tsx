import {
  MessageBar,
  MessageBarBody,
  makeStyles,
  ProgressBar,
  Text,
  tokens,
} from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Instance } from "@/api/computes";
import { type Disk, disksOf, type Status, statusQuery, type Usage } from "@/api/status";
import { usePlace } from "@/app/where";
import { Loading } from "@/components/Loading";
import { Section } from "@/components/Section";
import { Reported } from "@/features/compute/details/Reported";
import { added, type Sample } from "@/features/compute/details/samples";
import { useFormat } from "@/lib/useFormat";

const Chart = lazy(() => import("@/features/compute/details/Chart"));

const EVERY_MS = 2000;
const CPU = 100;
const KIB = 1024;
const NEARLY = 0.9;

const useStyles = makeStyles({
  charts: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 420px), 1fr))",
    gap: tokens.spacingHorizontalXL,
    marginBottom: tokens.spacingVerticalXXL,
  },
  warnings: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalS,
    marginBottom: tokens.spacingVerticalL,
  },
  disk: { marginBottom: tokens.spacingVerticalM, maxWidth: "520px" },
});

/** Live figures of the machine. */
export function Monitoring({ instance }: { readonly instance: Instance }) {
  const styles = useStyles();
  const place = usePlace();
  const status = useQuery({ ...statusQuery(place, instance.name), refetchInterval: EVERY_MS });
  const samples = useSamples(status.data, status.dataUpdatedAt);
  return (
    <Reported status={status} part="usage">
      {(usage, { warnings }) => (
        <>
          {warnings.length > 0 && (
            <div className={styles.warnings}>
              {warnings.map((each) => (
                <MessageBar key={each} intent="warning" layout="multiline">
                  <MessageBarBody>{each}</MessageBarBody>
                </MessageBar>
              ))}
            </div>
          )}
          <Suspense fallback={<Loading />}>
            <Charts samples={samples} />
          </Suspense>
          <Disks usage={usage} />
        </>
      )}
    </Reported>
  );
}

/** The samples of this visit. A hidden page asks nothing: TanStack Query stops by itself. */
function useSamples(status: Status | undefined, updatedAt: number): readonly Sample[] {
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  useEffect(() => {
    if (status) setSamples((before) => added(before, status, updatedAt / 1000));
  }, [status, updatedAt]);
  return samples;
}

function Charts({ samples }: { readonly samples: readonly Sample[] }) {
  const styles = useStyles();
  const { t } = useTranslation("details");
  const format = useFormat();
  const last = samples.at(-1);
  if (!last) return <Loading />;
  const at = samples.map((each) => each.at);
  const { usage } = last;
  const perSecond = (value: number) => t("perSecond", { amount: format.bytes(value) });
  const share = (value: number) => format.percent(value / CPU);
  return (
    <div className={styles.charts}>
      <Chart
        title={t("cpu")}
        at={at}
        lines={[{ name: t("cpu"), values: samples.map((each) => each.cpu) }]}
        say={share}
        least={CPU}
      />
      <Chart
        title={t("memory")}
        at={at}
        lines={[{ name: t("memory"), values: samples.map((each) => each.memory) }]}
        say={format.bytes}
        most={usage.memoryLimitBytes}
      />
      {typeof usage.networkRxBytes === "number" && (
        <Chart
          title={t("network")}
          at={at}
          lines={[
            { name: t("received"), values: samples.map((each) => each.received) },
            { name: t("sent"), values: samples.map((each) => each.sent) },
          ]}
          say={perSecond}
          least={KIB}
        />
      )}
      {(usage.gpus ?? []).map((gpu, index) => (
        <Chart
          key={gpu.index}
          title={`${gpu.name} ${gpu.index}`}
          at={at}
          lines={[{ name: gpu.name, values: samples.map((each) => each.gpus[index] ?? null) }]}
          say={share}
          most={CPU}
        />
      ))}
    </div>
  );
}

function Disks({ usage }: { readonly usage: Usage }) {
  const { t } = useTranslation("details");
  const disks = disksOf(usage, t("disk"));
  if (disks.length === 0) return null;
  return (
    <Section title={t("disks")}>
      {disks.map(([name, disk]) => (
        <DiskBar key={name} name={name} disk={disk} />
      ))}
    </Section>
  );
}

function DiskBar({ name, disk }: { readonly name: string; readonly disk: Disk }) {
  const styles = useStyles();
  const { t } = useTranslation("details");
  const format = useFormat();
  // What is not free, whoever uses it: a disk may be shared with others.
  const share = disk.totalBytes > 0 ? 1 - disk.freeBytes / disk.totalBytes : 0;
  return (
    <div className={styles.disk}>
      <Text block>
        {t("diskFree", {
          name,
          free: format.bytes(disk.freeBytes),
          total: format.bytes(disk.totalBytes),
        })}
      </Text>
      <ProgressBar
        value={share}
        thickness="large"
        color={share > NEARLY ? "error" : "brand"}
        aria-label={name}
      />
    </div>
  );
}
