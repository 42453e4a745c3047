import { Field, Input } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import type { NameCheck } from "@/features/compute/create/useNameCheck";

interface Props {
  readonly label: string;
  readonly name: string;
  readonly check: NameCheck;
  /** What the API said about the name when it was sent. */
  readonly error: string | undefined;
  readonly change: (name: string) => void;
  /** What to say of a name that can be had; nothing if left out. */
  readonly free?: string;
  readonly className?: string;
}

/** The name of a new instance, judged while it is typed. */
export function NameField({ label, name, check, error, change, free, className }: Props) {
  const { t } = useTranslation("create");
  return (
    <Field
      label={label}
      required
      className={className}
      {...stateOf(check, error, t("nameRule"), free)}
    >
      <Input
        value={name}
        maxLength={24}
        autoComplete="off"
        spellCheck={false}
        autoCapitalize="none"
        onChange={(_, { value }) => change(value.trim())}
      />
    </Field>
  );
}

function stateOf(check: NameCheck, error: string | undefined, rule: string, free?: string) {
  const said = check.state === "taken" ? check.message : error;
  if (said) return { validationMessage: said, hint: rule };
  if (check.state === "malformed") return { validationMessage: rule };
  if (check.state === "free" && free)
    return { validationState: "success", validationMessage: free, hint: rule } as const;
  return { hint: rule };
}
