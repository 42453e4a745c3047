import { Caption1, makeStyles, tokens } from "@fluentui/react-components";
import type { Instance } from "@/api/computes";
import { soonest } from "@/features/compute/schedules/plan";
import { useWords } from "@/features/compute/schedules/useWords";
import { useFormat } from "@/lib/useFormat";

const useStyles = makeStyles({ root: { color: tokens.colorNeutralForeground3 } });

/** What an instance does next by itself; nothing where it does nothing. */
export function NextFiring({ instance }: { readonly instance: Instance }) {
  const styles = useStyles();
  const { short } = useWords();
  const format = useFormat();
  const next = soonest(instance.schedules);
  if (!next?.nextFireTime) return null;
  return (
    <Caption1 block className={styles.root} title={format.moment(next.nextFireTime)}>
      {short(next)}
    </Caption1>
  );
}
