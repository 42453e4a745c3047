import { makeStyles, Spinner } from "@fluentui/react-components";
import { useTranslation } from "react-i18next";

const useStyles = makeStyles({
  // Quick answers should not flash a spinner.
  late: {
    display: "grid",
    placeItems: "center",
    minHeight: "160px",
    animationName: { from: { opacity: 0 }, to: { opacity: 1 } },
    animationDelay: "300ms",
    animationDuration: "200ms",
    animationFillMode: "both",
  },
});

/** In the place of what is on its way. */
export function Loading({ label }: { readonly label?: string }) {
  const { t } = useTranslation();
  return (
    <div className={useStyles().late}>
      <Spinner label={label ?? t("loading")} />
    </div>
  );
}
