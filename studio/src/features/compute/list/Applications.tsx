import { Link, makeStyles, tokens } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";
import type { Instance } from "@/api/computes";
import { useMe } from "@/api/me";

const useStyles = makeStyles({
  root: { display: "flex", flexWrap: "wrap", columnGap: tokens.spacingHorizontalM },
});

/** Links to an instance's applications, for the person who may open them, while it runs. */
export function Applications({ instance }: { readonly instance: Instance }) {
  const styles = useStyles();
  const { t } = useTranslation("compute");
  const me = useMe();
  if (instance.state !== "Running" || instance.userId !== me.id) return null;
  return (
    <span className={styles.root}>
      {instance.applications.map(({ name, url }) => (
        <Link
          key={name}
          href={url}
          target="_blank"
          rel="noopener"
          aria-label={t("open", { application: name, name: instance.name })}
        >
          {name}
        </Link>
      ))}
    </span>
  );
}
