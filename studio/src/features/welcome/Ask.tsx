import { Button } from "@fluentui/react-components";
import { PersonQuestionMarkRegular } from "@fluentui/react-icons";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Empty } from "@/components/Empty";

interface Props {
  /** Whom to ask for what. */
  readonly text: string;
  readonly again: () => void;
  readonly children?: ReactNode;
}

/** For who may not make an instance. */
export function Ask({ text, again, children }: Props) {
  const { t } = useTranslation("welcome");
  return (
    <Empty icon={<PersonQuestionMarkRegular />} title={t("ask.title")} text={text}>
      <Button appearance="primary" onClick={again}>
        {t("ask.again")}
      </Button>
      {children}
    </Empty>
  );
}
