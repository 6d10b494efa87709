/** Two distributions over the same bins, one as an area and one as a line, with a read-out of both. Draws only. */
import { scaleLinear, scaleSqrt } from 'd3-scale';
import { area, curveStepAfter, line } from 'd3-shape';
import { useState } from 'react';
import styles from './charts.module.css';
import type { HistogramData } from './compute';
import { countText, realText } from './format';
import { useWidth } from './use-width';

interface Props {
  readonly label: string;
  readonly a: HistogramData;
  /** Over the same bins; undefined: one distribution alone. */
  readonly b?: HistogramData | undefined;
  readonly names: readonly [string, string];
  readonly height?: number;
}

const axisHeight = 18;

export function OverlayHistogram({ label, a, b, names, height = 112 }: Props) {
  const { ref, width } = useWidth<HTMLDivElement>(320);
  const [at, setAt] = useState<number>();
  const n = a.counts.length;
  const base = height - axisHeight;
  const x = scaleLinear([a.lo, a.hi > a.lo ? a.hi : a.lo + 1], [0, width]);
  const y = scaleSqrt([0, Math.max(1, ...a.counts, ...(b?.counts ?? []))], [base, 4]);
  const edge = (i: number): number => x(a.lo + ((a.hi - a.lo) * i) / n);
  // a step needs its last edge too
  const steps = (h: HistogramData): readonly number[] => [...h.counts, h.counts.at(-1) ?? 0];
  const filled = area<number>(
    (_, i) => edge(i),
    base,
    (v) => y(v),
  ).curve(curveStepAfter)(steps(a));
  const drawn =
    b &&
    line<number>(
      (_, i) => edge(i),
      (v) => y(v),
    ).curve(curveStepAfter)(steps(b));
  const from = at === undefined ? 0 : a.lo + ((a.hi - a.lo) * at) / n;
  return (
    <div ref={ref} className={styles.chart}>
      <svg
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`${label}: ${realText(a.lo)} to ${realText(a.hi)}`}
        onPointerMove={(e) => {
          const box = e.currentTarget.getBoundingClientRect();
          setAt(Math.max(0, Math.min(n - 1, Math.floor(((e.clientX - box.left) / box.width) * n))));
        }}
        onPointerLeave={() => setAt(undefined)}
      >
        {a.lo < 0 && a.hi > 0 && <line className={styles.gridLine} x1={x(0)} x2={x(0)} y1={4} y2={base} />}
        <path className={`${styles.area} ${b === undefined ? styles.edged : ''}`} d={filled ?? ''} />
        {drawn !== undefined && <path className={styles.second} d={drawn ?? ''} />}
        {at !== undefined && (
          <line className={styles.cursor} x1={(edge(at) + edge(at + 1)) / 2} x2={(edge(at) + edge(at + 1)) / 2} y1={4} y2={base} />
        )}
        <line className={styles.axis} x1={0} x2={width} y1={base + 0.5} y2={base + 0.5} />
        {x.ticks(Math.max(2, Math.floor(width / 80))).map((t) => (
          <text key={t} x={x(t)} y={height - 4} textAnchor={x(t) < 20 ? 'start' : x(t) > width - 20 ? 'end' : 'middle'}>
            {realText(t)}
          </text>
        ))}
      </svg>
      <div className={styles.readout} aria-hidden>
        {at === undefined
          ? b === undefined
            ? names[0]
            : `Filled: ${names[0]}; line: ${names[1]}`
          : `from ${realText(from)} · ${names[0]} ${countText(a.counts[at] ?? 0)}${b === undefined ? '' : ` · ${names[1]} ${countText(b.counts[at] ?? 0)}`}`}
      </div>
    </div>
  );
}
