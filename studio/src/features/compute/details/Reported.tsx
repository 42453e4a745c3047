import { MessageBar, MessageBarBody } from "@fluentui/react-components";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Status } from "@/api/status";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";

interface Props<Part extends "activity" | "usage"> {
  readonly status: UseQueryResult<Status>;
  readonly part: Part;
  readonly children: (reported: NonNullable<Status[Part]>, status: Status) => ReactNode;
}

/** A part of what the agent reports; or why there is none. */
export function Reported<Part extends "activity" | "usage">({
  status,
  part,
  children,
}: Props<Part>) {
  const { t } = useTranslation("details");
  if (status.isError && !status.data)
    return <ErrorMessage error={status.error} retry={status.refetch} />;
  if (!status.data) return <Loading />;
  const reported = status.data[part];
  if (reported) return children(reported, status.data);
  return (
    <MessageBar intent="info" layout="multiline">
      <MessageBarBody>{status.data.message ?? t("noFigures")}</MessageBarBody>
    </MessageBar>
  );
}
