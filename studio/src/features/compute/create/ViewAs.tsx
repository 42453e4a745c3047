import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Tab,
  TabList,
} from "@fluentui/react-components";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Code } from "@/components/Code";
import { CopyButton } from "@/components/CopyButton";
import type { Draft } from "@/features/compute/create/draft";
import { type Context, type Format, snippet } from "@/features/compute/create/snippets";

const FORMATS: readonly Format[] = ["template", "yaml", "python", "cli"];

interface Props {
  readonly open: boolean;
  readonly close: () => void;
  readonly draft: Draft;
  readonly context: Context;
}

/** The form as something to run or keep, which does the same. */
export function ViewAs({ open, close, draft, context }: Props) {
  const { t } = useTranslation(["create", "common"]);
  const [format, setFormat] = useState<Format>("template");
  const text = snippet(format, { ...draft, name: draft.name || "my-instance" }, context);
  return (
    <Dialog open={open} onOpenChange={close}>
      <DialogSurface style={{ maxWidth: 760 }}>
        <DialogBody>
          <DialogTitle>{t("viewAs")}</DialogTitle>
          <DialogContent>
            <TabList
              selectedValue={format}
              onTabSelect={(_, { value }) => setFormat(value as Format)}
              style={{ marginBottom: 12, flexWrap: "wrap" }}
            >
              {FORMATS.map((each) => (
                <Tab key={each} value={each}>
                  {t(`formats.${each}`)}
                </Tab>
              ))}
            </TabList>
            <Code label={t(`formats.${format}`)}>{text}</Code>
          </DialogContent>
          <DialogActions>
            <CopyButton text={text} />
            <Button onClick={close}>{t("common:close")}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
