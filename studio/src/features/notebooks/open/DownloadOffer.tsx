import { Button } from "@fluentui/react-components";
import { ArrowDownloadRegular, DocumentRegular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import type { Entry } from "@/api/files";
import { Empty } from "@/components/Empty";
import type { FileActions } from "@/features/notebooks/useFileActions";
import { useFormat } from "@/lib/useFormat";

interface Props {
  readonly entry: Entry;
  readonly actions: FileActions;
  /** Why it is not shown. */
  readonly text: string;
}

/** In the place of a file that cannot be shown. */
export function DownloadOffer({ entry, actions, text }: Props) {
  const { t } = useTranslation("notebooks");
  const format = useFormat();
  const size = entry.sizeBytes === null ? "" : ` (${format.bytes(entry.sizeBytes)})`;
  return (
    <Empty icon={<DocumentRegular />} title={entry.name + size} text={text}>
      {entry.type === "file" && (
        <Button
          appearance="primary"
          icon={<ArrowDownloadRegular />}
          onClick={() => actions.download(entry)}
        >
          {t("download")}
        </Button>
      )}
    </Empty>
  );
}
