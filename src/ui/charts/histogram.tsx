/**
 * A distribution with the representable range of its quantizer drawn over it. Bars outside the range
 * and the zones beyond it have the bad colour; the integers' real values are lines where they are few.
 */
import { scaleLinear, scaleSqrt } from 'd3-scale';
import { useState } from 'react';
import styles from './charts.module.css';
import { histogramBars, quantizationGrid, type HistogramData } from './compute';
import { countText, realText, shareText } from './format';
import { useWidth } from './use-width';

interface Props {
  /** What the numbers are: `Weights`, `Input`. */
  readonly label: string;
  readonly data: HistogramData;
  readonly range: { readonly lo: number; readonly hi: number; readonly scale: number; readonly bits: number } | undefined;
  /** Share outside the range, 0..1. */
  readonly clipped: number | undefined;
  readonly height?: number;
}

const axisHeight = 18;
const top = 14;

export function Histogram({ label, data, range, clipped, height = 140 }: Props) {
  const { ref, width } = useWidth<HTMLDivElement>(320);
  const [at, setAt] = useState<number>();
  const total = data.counts.reduce((s, n) => s + n, 0);
  // As many bars as pixels allow, but no more than few values can fill.
  const bars = histogramBars(data, range, Math.max(16, Math.min(Math.floor(width / 4), Math.round(4 * Math.sqrt(total)))));
  const base = height - axisHeight;
  const lo = Math.min(data.lo, range?.lo ?? data.lo);
  const hi = Math.max(data.hi, range?.hi ?? data.hi);
  // A little beyond the range, so that its borders are seen as borders.
  const rim = range === undefined ? 0 : (hi - lo) * 0.02;
  const x = scaleLinear([lo - rim, hi + rim], [0, width]);
  // Square root: the tails, where clipping happens, stay visible beside a tall middle.
  const y = scaleSqrt([0, Math.max(1, ...bars.map((b) => b.count))], [base, top]);
  const hovered = at === undefined ? undefined : bars[at];
  const spoken =
    `${label}: ${countText(total)} values from ${realText(data.lo)} to ${realText(data.hi)}` +
    (range === undefined ? '' : `; ${range.bits} bits hold ${realText(range.lo)} to ${realText(range.hi)}`) +
    (clipped === undefined ? '' : `; ${shareText(clipped)} clipped`);

  return (
    <div ref={ref} className={styles.chart}>
      <svg
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={spoken}
        onPointerMove={(e) => {
          const box = e.currentTarget.getBoundingClientRect();
          const value = x.invert(((e.clientX - box.left) / box.width) * width);
          const i = bars.findIndex((b) => value >= b.x0 && value < b.x1);
          setAt(i < 0 ? undefined : i);
        }}
        onPointerLeave={() => setAt(undefined)}
      >
        {range !== undefined && (
          <>
            <rect className={styles.clippedZone} x={0} y={top} width={Math.max(0, x(range.lo))} height={base - top} />
            <rect className={styles.clippedZone} x={x(range.hi)} y={top} width={Math.max(0, width - x(range.hi))} height={base - top} />
            {quantizationGrid(range, 33).map((v) => (
              <line key={v} className={styles.gridLine} x1={x(v)} x2={x(v)} y1={top} y2={base} />
            ))}
          </>
        )}
        {bars.map((b, i) => (
          <rect
            key={b.x0}
            className={i === at ? styles.selected : b.clipped ? styles.bad : styles.main}
            x={x(b.x0)}
            width={Math.max(0.5, x(b.x1) - x(b.x0) - 0.5)}
            y={b.count === 0 ? base : Math.min(base - 1, y(b.count))}
            height={b.count === 0 ? 0 : Math.max(1, base - y(b.count))}
          />
        ))}
        {range !== undefined &&
          [range.lo, range.hi].map((v, side) => (
            <g key={side}>
              <line className={styles.rangeLine} x1={x(v)} x2={x(v)} y1={top} y2={base} />
              <text className={styles.rangeText} x={x(v)} y={10} textAnchor={side === 0 ? 'start' : 'end'}>
                {realText(v)}
              </text>
            </g>
          ))}
        <line className={styles.axis} x1={0} x2={width} y1={base + 0.5} y2={base + 0.5} />
        {x.ticks(Math.max(2, Math.floor(width / 64))).map((t) => {
          const px = x(t);
          return (
            <text key={t} x={px} y={height - 4} textAnchor={px < 20 ? 'start' : px > width - 20 ? 'end' : 'middle'}>
              {realText(t)}
            </text>
          );
        })}
      </svg>
      <div className={styles.readout} aria-hidden>
        {hovered === undefined
          ? 'Height is the square root of the count'
          : `${realText(hovered.x0)} to ${realText(hovered.x1)} · ${countText(hovered.count)} · ${shareText(hovered.count / Math.max(1, total))}${hovered.clipped ? ' · clipped' : ''}`}
      </div>
    </div>
  );
}
