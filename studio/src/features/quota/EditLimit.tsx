import {
  Button,
  Field,
  Input,
  makeStyles,
  Popover,
  PopoverSurface,
  PopoverTrigger,
  tokens,
} from "@fluentui/react-components";
import { EditRegular } from "@fluentui/react-icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { setLimit, type Usage } from "@/api/regions";
import { usePlace } from "@/app/where";
import { messageOf } from "@/components/ErrorMessage";

const useStyles = makeStyles({
  form: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalM },
});

interface Props {
  readonly usage: Usage;
  readonly name: string;
  readonly location: string;
}

/** Changes a limit. Who may not is told so by the API. */
export function EditLimit({ usage, name, location }: Props) {
  const styles = useStyles();
  const { t } = useTranslation(["quota", "common"]);
  const { subscription } = usePlace();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [limit, setNumber] = useState(String(usage.limit));
  const save = useMutation({
    mutationFn: () => setLimit(subscription, location, usage.name, Number(limit)),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["usages", subscription, location] });
      setOpen(false);
    },
  });
  return (
    <Popover open={open} onOpenChange={(_, data) => setOpen(data.open)} trapFocus withArrow>
      <PopoverTrigger disableButtonEnhancement>
        <Button
          appearance="subtle"
          size="small"
          icon={<EditRegular />}
          aria-label={t("edit", { name })}
        >
          {t("change")}
        </Button>
      </PopoverTrigger>
      <PopoverSurface aria-label={t("edit", { name })}>
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate();
          }}
        >
          <Field
            label={t("limit", { name })}
            {...(save.isError && {
              validationState: "error" as const,
              validationMessage: messageOf(save.error),
            })}
          >
            <Input
              type="number"
              min={0}
              value={limit}
              onChange={(_, { value }) => setNumber(value)}
            />
          </Field>
          <Button type="submit" appearance="primary" disabled={save.isPending}>
            {t("common:save")}
          </Button>
        </form>
      </PopoverSurface>
    </Popover>
  );
}
