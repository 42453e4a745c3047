import { useTranslation } from "react-i18next";
import { useRouteError } from "react-router";
import { ErrorMessage } from "@/components/ErrorMessage";

/** What a page shows that failed as a whole, also when its file is gone because we are newer. */
export function FailedPage() {
  const { t } = useTranslation();
  return (
    <div style={{ padding: 24 }}>
      <ErrorMessage
        error={useRouteError()}
        title={t("pageFailed")}
        retry={() => location.reload()}
      />
    </div>
  );
}
