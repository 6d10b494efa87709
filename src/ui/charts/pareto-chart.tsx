/**
 * Points of a front over their cost: one is read out at a time and chosen with a click or Enter. Points that were measured are
 * drawn beside what was estimated of them. A slider for the keyboard: arrows walk along the front. Draws only.
 */
import { extent } from 'd3-array';
import { scaleLinear, scaleLog } from 'd3-scale';
import { curveStepAfter, line } from 'd3-shape';
import { useState, type PointerEvent } from 'react';
import styles from './charts.module.css';
import { moveBy } from './compute';
import { useWidth } from './use-width';

export interface ParetoPoint {
  readonly x: number;
  /** undefined: nothing can be drawn. */
  readonly y: number | undefined;
  readonly measured: number | undefined;
}

interface Props {
  readonly label: string;
  readonly points: readonly ParetoPoint[];
  /** Where the recipe is now. */
  readonly now: { readonly x: number; readonly y: number | undefined } | undefined;
  readonly log: boolean;
  readonly xText: (x: number) => string;
  readonly yText: (y: number) => string;
  readonly readout: (i: number) => string;
  /** What stands below while nothing is read out. */
  readonly caption: string;
  readonly onChoose: (i: number) => void;
  readonly height?: number;
}

const margin = { left: 46, right: 10, top: 10, bottom: 20 };

export function ParetoChart({ label, points, now, log, xText, yText, readout, caption, onChoose, height = 210 }: Props) {
  const { ref, width } = useWidth<HTMLDivElement>(420);
  const [at, setAt] = useState<number>();
  const drawn = (y: number | undefined): y is number => y !== undefined && Number.isFinite(y) && (!log || y > 0);
  const ys = [...points.flatMap((p) => [p.y, p.measured]), now?.y].filter(drawn);
  const [x0 = 0, x1 = 1] = extent([...points.map((p) => p.x), ...(now ? [now.x] : [])]);
  const [y0 = log ? 1e-6 : 0, y1 = 1] = extent(ys);
  const x = scaleLinear([x0, x1 > x0 ? x1 : x0 + 1], [margin.left, width - margin.right]);
  const range = [height - margin.bottom, margin.top];
  const y = log ? scaleLog([y0, y1 > y0 ? y1 : y0 * 10], range) : scaleLinear([y0, y1 > y0 ? y1 : y0 + 1], range).nice();
  const front = points.flatMap((p, i) => (drawn(p.y) ? [{ i, x: p.x, y: p.y }] : []));
  const path = line<{ readonly x: number; readonly y: number }>(
    (p) => x(p.x),
    (p) => y(p.y),
  ).curve(curveStepAfter)(front);
  const nearest = (e: PointerEvent<SVGSVGElement>): number | undefined => {
    const box = e.currentTarget.getBoundingClientRect();
    const [px, py] = [((e.clientX - box.left) / box.width) * width, ((e.clientY - box.top) / box.height) * height];
    let best: number | undefined;
    let least = Infinity;
    for (const p of front) {
      const d = (x(p.x) - px) ** 2 + ((y(p.y) - py) / 4) ** 2;
      if (d < least) [best, least] = [p.i, d];
    }
    return best;
  };
  const here = at === undefined ? undefined : points[at];
  const ticks = y.ticks(log ? 4 : 5).filter((_, i, all) => all.length <= 8 || i % Math.ceil(all.length / 6) === 0);
  return (
    <div ref={ref} className={styles.chart}>
      <svg
        className={styles.clickable}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, points.length - 1)}
        aria-valuenow={at ?? 0}
        aria-valuetext={at === undefined ? caption : readout(at)}
        data-testid="pareto"
        onPointerMove={(e) => setAt(nearest(e))}
        onPointerLeave={() => setAt(undefined)}
        onBlur={() => setAt(undefined)}
        onClick={() => at !== undefined && onChoose(at)}
        onKeyDown={(e) => {
          if ((e.key === 'Enter' || e.key === ' ') && at !== undefined) {
            e.preventDefault();
            onChoose(at);
            return;
          }
          const next = moveBy(e.key, at ?? -1, points.length);
          if (next === undefined) return;
          e.preventDefault();
          setAt(next);
        }}
      >
        <rect className={styles.hit} width={width} height={height} />
        {ticks.map((t) => (
          <g key={t}>
            <line className={styles.gridLine} x1={margin.left} x2={width - margin.right} y1={y(t)} y2={y(t)} />
            <text x={margin.left - 6} y={y(t) + 3} textAnchor="end">
              {yText(t)}
            </text>
          </g>
        ))}
        {x.ticks(Math.max(2, Math.floor(width / 110))).map((t) => (
          <text key={t} x={x(t)} y={height - 4} textAnchor={x(t) > width - 30 ? 'end' : x(t) < margin.left + 20 ? 'start' : 'middle'}>
            {xText(t)}
          </text>
        ))}
        <path className={styles.line} d={path ?? ''} />
        {front.map((p) => (
          <circle key={p.i} className={p.i === at ? styles.selected : styles.main} cx={x(p.x)} cy={y(p.y)} r={p.i === at ? 5 : 2.5} />
        ))}
        {points.map((p, i) =>
          drawn(p.measured) ? (
            <path key={i} className={styles.measured} d={diamond(x(p.x), y(p.measured))} data-testid="measured-point" />
          ) : null,
        )}
        {now !== undefined && drawn(now.y) && <path className={styles.nowMark} d={cross(x(now.x), y(now.y))} data-testid="now-point" />}
        {here !== undefined && <line className={styles.cursor} x1={x(here.x)} x2={x(here.x)} y1={margin.top} y2={height - margin.bottom} />}
      </svg>
      <div className={styles.readout} aria-live="polite">
        {at === undefined ? caption : readout(at)}
      </div>
    </div>
  );
}

const diamond = (x: number, y: number): string => `M${x} ${y - 5}l5 5l-5 5l-5 -5z`;
const cross = (x: number, y: number): string => `M${x - 5} ${y - 5}l10 10M${x + 5} ${y - 5}l-10 10`;
