import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { ArrowClockwiseRegular, ArrowDownloadRegular, HistoryRegular } from "@fluentui/react-icons";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { activityQuery, type Event } from "@/api/activity";
import { usePlace, workspaceId } from "@/app/where";
import { Empty } from "@/components/Empty";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";
import { PageHeader } from "@/components/PageHeader";
import { toCsv } from "@/features/activity/csv";
import { EventDetails } from "@/features/activity/EventDetails";
import { EventTable } from "@/features/activity/EventTable";
import { type Choice, Filters, NO_CHOICE, sinceOf } from "@/features/activity/Filters";
import { download } from "@/lib/download";

const useStyles = makeStyles({
  more: { display: "flex", justifyContent: "center", padding: tokens.spacingVerticalL },
});

/** Who did what, when, to what. */
export function Page() {
  const styles = useStyles();
  const { t } = useTranslation("activity");
  const place = usePlace();
  const [choice, setChoice] = useState<Choice>(NO_CHOICE);
  const [open, setOpen] = useState<Event | null>(null);
  const log = useInfiniteQuery(
    activityQuery(place.subscription, {
      since: sinceOf(choice.range),
      caller: choice.caller,
      status: choice.status,
      resource: choice.everywhere ? "" : workspaceId(place),
    }),
  );
  const words = choice.words.toLowerCase();
  const events = (log.data?.pages ?? [])
    .flatMap((each) => each.events)
    .filter((each) =>
      `${each.title} ${each.operation} ${each.resource} ${each.detail}`
        .toLowerCase()
        .includes(words),
    );
  return (
    <>
      <PageHeader title={t("title")} text={t("text")}>
        <Button icon={<ArrowClockwiseRegular />} onClick={() => void log.refetch()}>
          {t("refresh")}
        </Button>
        <Button
          icon={<ArrowDownloadRegular />}
          disabled={events.length === 0}
          onClick={() => download("activity.csv", "text/csv", toCsv(events))}
        >
          {t("export")}
        </Button>
      </PageHeader>
      <Filters choice={choice} change={(part) => setChoice((before) => ({ ...before, ...part }))} />
      {log.isError && <ErrorMessage error={log.error} retry={log.refetch} />}
      {log.isPending && <Loading />}
      {log.data && events.length === 0 && <Empty icon={<HistoryRegular />} title={t("none")} />}
      {events.length > 0 && <EventTable events={events} open={setOpen} />}
      {log.hasNextPage && (
        <div className={styles.more}>
          <Button disabled={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
            {t("more")}
          </Button>
        </div>
      )}
      <EventDetails event={open} close={() => setOpen(null)} />
    </>
  );
}
