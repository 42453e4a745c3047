/** Events as a spreadsheet reads them. */
import type { Event } from "@/api/activity";

const COLUMNS: readonly (keyof Omit<Event, "served">)[] = [
  "at",
  "caller",
  "title",
  "operation",
  "status",
  "resource",
  "detail",
  "correlation",
];

/**
 * A cell by RFC 4180. What a spreadsheet would run as a formula gets a quote in front: names of
 * things are typed by people.
 */
function cell(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function toCsv(events: readonly Event[]): string {
  const rows = events.map((event) => COLUMNS.map((each) => cell(event[each])).join(","));
  return `${[COLUMNS.join(","), ...rows].join("\r\n")}\r\n`;
}
