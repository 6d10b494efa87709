/**
 * A table of integers as the function that it stands for: steps of the table over the smooth function, where it is known,
 * and below, if wanted, how far each entry is off. One entry is read out at a time. Draws only: numbers come computed.
 */
import { extent } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { area, curveStep, line } from 'd3-shape';
import { useState } from 'react';
import styles from './charts.module.css';
import { moveBy } from './compute';
import { realText } from './format';
import { useWidth } from './use-width';

interface Props {
  readonly label: string;
  /** Ascending. */
  readonly x: readonly number[];
  readonly table: readonly number[];
  /** The float function at x. */
  readonly real?: readonly number[] | undefined;
  /** Error of each entry in steps of the output; beyond half a step the entry is clipped. */
  readonly error?: readonly number[] | undefined;
  /** What stands below while nothing is read out. */
  readonly caption: string;
  readonly readout: (i: number) => string;
  readonly xText?: (x: number) => string;
  readonly height?: number;
}

const axisHeight = 18;
const errorHeight = 30;

export function FunctionChart({ label, x: xs, table, real, error, caption, readout, xText = realText, height = 132 }: Props) {
  const { ref, width } = useWidth<HTMLDivElement>(320);
  const [at, setAt] = useState<number>();
  const [x0 = 0, x1 = 1] = extent(xs);
  const [y0 = 0, y1 = 1] = extent([...table, ...(real?.filter(Number.isFinite) ?? []), 0]);
  const base = height - axisHeight - (error === undefined ? 0 : errorHeight + 6);
  const x = scaleLinear([x0, x1], [0, width]);
  const y = scaleLinear([y0, y1], [base - 1, 6]);
  const errorAt = scaleLinear([-0.5, 0.5], [height - axisHeight - 2, height - axisHeight - errorHeight]).clamp(true);
  const places = xs.map((v, i): readonly [number, number] => [v, table[i] ?? 0]);
  const zero = y(Math.min(y1, Math.max(y0, 0)));
  const steps = line<readonly [number, number]>(
    (p) => x(p[0]),
    (p) => y(p[1]),
  ).curve(curveStep)(places);
  const below = area<readonly [number, number]>(
    (p) => x(p[0]),
    zero,
    (p) => y(p[1]),
  ).curve(curveStep)(places);
  const smooth =
    real &&
    line<number>(
      (_, i) => x(xs[i] ?? 0),
      (v) => y(v),
    ).defined(Number.isFinite)(real);
  const step = width / Math.max(1, xs.length);
  const rising = (table.at(-1) ?? 0) > (table[0] ?? 0);
  const here = at === undefined ? undefined : xs[at];
  return (
    <div ref={ref} className={styles.chart}>
      <svg
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        tabIndex={0}
        aria-label={`${label}: ${caption}`}
        onPointerMove={(e) => {
          const box = e.currentTarget.getBoundingClientRect();
          const i = Math.round(((e.clientX - box.left) / box.width) * (xs.length - 1));
          setAt(Math.max(0, Math.min(xs.length - 1, i)));
        }}
        onPointerLeave={() => setAt(undefined)}
        onBlur={() => setAt(undefined)}
        onKeyDown={(e) => {
          const next = moveBy(e.key, at ?? -1, xs.length);
          if (next === undefined) return;
          e.preventDefault();
          setAt(next);
        }}
      >
        {x0 < 0 && x1 > 0 && <line className={styles.gridLine} x1={x(0)} x2={x(0)} y1={6} y2={base} />}
        <line className={styles.axis} x1={0} x2={width} y1={zero} y2={zero} />
        <path className={styles.area} d={below ?? ''} />
        <path className={styles.line} d={steps ?? ''} />
        {smooth !== undefined && <path className={styles.reference} d={smooth ?? ''} />}
        {/* Where the curve is not. */}
        <text x={rising ? 0 : width} y={14} textAnchor={rising ? 'start' : 'end'}>
          {realText(y1)}
        </text>
        {error !== undefined && (
          <>
            <line className={styles.gridLine} x1={0} x2={width} y1={errorAt(0)} y2={errorAt(0)} />
            {error.map((e, i) => {
              const [top, bottom] = [Math.min(errorAt(e), errorAt(0)), Math.max(errorAt(e), errorAt(0))];
              return (
                <rect
                  key={i}
                  className={i === at ? styles.selected : Math.abs(e) > 0.501 ? styles.bad : styles.none}
                  x={Math.min(width - step, i * step)}
                  width={Math.max(0.5, step - (step > 3 ? 0.5 : 0))}
                  y={top}
                  height={Math.max(0.5, bottom - top)}
                />
              );
            })}
          </>
        )}
        {here !== undefined && at !== undefined && (
          <>
            <line className={styles.cursor} x1={x(here)} x2={x(here)} y1={6} y2={height - axisHeight} />
            <circle className={styles.selected} cx={x(here)} cy={y(table[at] ?? 0)} r={3} />
          </>
        )}
        {x.ticks(Math.max(2, Math.floor(width / 64))).map((t) => {
          const px = x(t);
          return (
            <text key={t} x={px} y={height - 4} textAnchor={px < 20 ? 'start' : px > width - 20 ? 'end' : 'middle'}>
              {xText(t)}
            </text>
          );
        })}
      </svg>
      <div className={styles.readout} aria-live="polite">
        {at === undefined ? caption : readout(at)}
      </div>
    </div>
  );
}
