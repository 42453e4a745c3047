/** The activity log: who did what, when, to what. */
import { infiniteQueryOptions } from "@tanstack/react-query";
import { request } from "@/api/client";

export interface Event {
  readonly id: string;
  readonly at: string;
  readonly caller: string;
  readonly operation: string;
  readonly title: string;
  readonly status: string;
  readonly resource: string;
  readonly detail: string;
  readonly correlation: string;
  readonly served: unknown;
}

interface Served {
  eventDataId: string;
  eventTimestamp: string;
  caller: string | null;
  operationName: { value: string; localizedValue: string };
  status: { value: string };
  resourceId: string;
  description: string | null;
  correlationId: string;
}

export interface ActivityFilter {
  /** ISO 8601; the log from then on. Empty for all of it. */
  readonly since: string;
  readonly caller: string;
  readonly status: string;
  /** At or below this ARM id. */
  readonly resource: string;
}

/** The filter as the API reads it. */
export function filterText(filter: ActivityFilter): string {
  const quoted = (value: string) => `'${value.replaceAll("'", "''")}'`;
  const terms = [
    filter.since && `eventTimestamp ge ${quoted(filter.since)}`,
    filter.caller && `caller eq ${quoted(filter.caller)}`,
    filter.status && `status eq ${quoted(filter.status)}`,
    filter.resource && `resourceUri eq ${quoted(filter.resource)}`,
  ];
  return terms.filter(Boolean).join(" and ");
}

const VERSION = "2015-04-01";
const PAGE = 100;

export function activityQuery(subscription: string, filter: ActivityFilter) {
  const text = filterText(filter);
  const query = new URLSearchParams({ "api-version": VERSION, $top: String(PAGE) });
  if (text) query.set("$filter", text);
  const first = `/subscriptions/${subscription}/providers/Microsoft.Insights/eventtypes/management/values?${query}`;
  return infiniteQueryOptions({
    queryKey: ["activity", subscription, text],
    initialPageParam: first,
    queryFn: async ({ pageParam, signal }) => {
      const served: { value: Served[]; nextLink?: string | null } = await (
        await request(pageParam, { signal })
      ).json();
      return { events: served.value.map(read), next: served.nextLink ?? null };
    },
    getNextPageParam: ({ next }) => {
      if (!next) return null;
      const { pathname, search } = new URL(next);
      return pathname + search;
    },
  });
}

function read(served: Served): Event {
  return {
    id: served.eventDataId,
    at: served.eventTimestamp,
    caller: served.caller ?? "",
    operation: served.operationName.value,
    title: served.operationName.localizedValue,
    status: served.status.value,
    resource: served.resourceId,
    detail: served.description ?? "",
    correlation: served.correlationId,
    served,
  };
}
