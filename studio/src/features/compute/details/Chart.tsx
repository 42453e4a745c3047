import { makeStyles, Text, tokens } from "@fluentui/react-components";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useDark } from "@/app/theme";
import { KEPT } from "@/features/compute/details/samples";

const HEIGHT = 160;
const AXIS = 70;

const useStyles = makeStyles({
  head: { display: "flex", justifyContent: "space-between", gap: tokens.spacingHorizontalM },
  value: { fontVariantNumeric: "tabular-nums" },
  plot: { minHeight: `${HEIGHT}px` },
});

interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

interface Props {
  readonly title: string;
  /** Seconds since 1970, of each value. */
  readonly at: readonly number[];
  readonly lines: readonly Line[];
  /** A value in words. */
  readonly say: (value: number) => string;
  /** The top of the chart; by default the largest value. */
  readonly most?: number | null | undefined;
  /** The top is never lower than this. */
  readonly least?: number;
}

/** A line over the last minutes. What it shows now is said in words beside its title. */
export default function Chart({ title, at, lines, say, most, least = 1 }: Props) {
  const styles = useStyles();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const dark = useDark();
  const saying = useRef(say);
  saying.current = say;
  const count = lines.length;
  const { i18n } = useTranslation();
  const clock = useMemo(
    () =>
      new Intl.DateTimeFormat(i18n.language, {
        hour: "numeric",
        minute: "2-digit",
        second: "2-digit",
      }),
    [i18n.language],
  );
  useEffect(() => {
    if (!box.current) return;
    const made = new uPlot(
      options(box.current, count, (value) => saying.current(value), clock, most, least),
      [[], ...Array.from({ length: count }, () => [])],
    );
    box.current.replaceChildren(made.root);
    plot.current = made;
    const watcher = new ResizeObserver(() =>
      made.setSize({ width: made.root.parentElement?.clientWidth ?? 0, height: HEIGHT }),
    );
    watcher.observe(box.current);
    return () => {
      watcher.disconnect();
      made.destroy();
    };
    // A chart takes its colours when it is made: hence `dark`.
  }, [count, most, least, dark, clock]);
  useEffect(() => {
    plot.current?.setData([[...at], ...lines.map((each) => [...each.values])]);
  });
  const now = lines
    .map(({ name, values }) => ({ name, value: values.at(-1) }))
    .map(({ name, value }) =>
      typeof value === "number" ? (count > 1 ? `${name} ${say(value)}` : say(value)) : "–",
    );
  return (
    <figure style={{ margin: 0, minWidth: 0 }}>
      <figcaption className={styles.head}>
        <Text weight="semibold">{title}</Text>
        <Text className={styles.value}>
          {now.join(" · ")}
          {most ? ` / ${say(most)}` : ""}
        </Text>
      </figcaption>
      <div ref={box} className={styles.plot} aria-hidden />
    </figure>
  );
}

function options(
  box: HTMLElement,
  count: number,
  say: (value: number) => string,
  clock: Intl.DateTimeFormat,
  most: number | null | undefined,
  least: number,
): uPlot.Options {
  const style = getComputedStyle(box);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const strokes = [color("--colorBrandStroke1"), color("--colorPaletteTealBorderActive")];
  const grid = { stroke: color("--colorNeutralStroke3"), width: 1 };
  const axis = { stroke: color("--colorNeutralForeground3"), grid, ticks: { show: false } };
  return {
    width: box.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: () => [Date.now() / 1000 - KEPT / 5, Date.now() / 1000] },
      y: { range: (_, __, top) => [0, most || Math.max(top * 1.1, least)] },
    },
    axes: [
      { ...axis, space: 110, values: (_, values) => values.map((at) => clock.format(at * 1000)) },
      { ...axis, size: AXIS, values: (_, values) => values.map(say) },
    ],
    series: [
      {},
      ...Array.from({ length: count }, (_, index) => ({
        stroke: strokes[index] ?? "",
        width: 2,
        spanGaps: true,
        points: { show: false },
      })),
    ],
  };
}
