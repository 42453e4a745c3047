import { CompassNorthwestRegular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { Empty } from "@/components/Empty";

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <Empty icon={<CompassNorthwestRegular />} title={t("nothingHere")} text={t("checkAddress")} />
  );
}
