/**
 * The loss of a layer while it is learned, over the steps that it will have: every loss faint, their running mean strong,
 * from where it began as a dotted line. Logarithmic where all are above 0. The axis is whole from the start, so that the
 * line grows into it.
 */
import { extent } from 'd3-array';
import { scaleLinear, scaleLog } from 'd3-scale';
import { curveMonotoneX, line } from 'd3-shape';
import styles from './charts.module.css';
import { runningMean } from './compute';
import { countedText, realText } from './format';
import { useWidth } from './use-width';

type Point = readonly [step: number, loss: number];

interface Props {
  readonly label: string;
  readonly points: readonly Point[];
  /** The last step that there will be; 0: not known yet. */
  readonly steps: number;
  readonly height?: number;
}

const top = 8;
const axisHeight = 18;
/** A loss counts for about so many points in the mean. */
const WINDOW = 8;

export function LossChart({ label, points, steps, height = 132 }: Props) {
  const { ref, width } = useWidth<HTMLDivElement>(320);
  const base = height - axisHeight;
  const [lo = 0, hi = 1] = extent(points, (p) => p[1]);
  const x = scaleLinear([0, Math.max(1, steps)], [0, width - 3]);
  // A quarter of an octave around what there is: a flat line lies in the middle.
  const y =
    lo > 0 ? scaleLog([lo / 1.2, hi * 1.2], [base, top]) : scaleLinear([lo - Math.abs(lo) * 0.1, hi + Math.abs(hi) * 0.1], [base, top]);
  const smooth = runningMean(points, WINDOW);
  const draw = line<Point>(
    (p) => x(p[0]),
    (p) => y(p[1]),
  );
  const first = smooth[0];
  const last = smooth.at(-1);
  const ticks = points.length === 0 ? [] : [hi, lo].filter((_, i) => i === 0 || y(lo) - y(hi) > 24);
  return (
    <div ref={ref} className={styles.chart}>
      <svg
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={
          last === undefined || first === undefined
            ? `${label}: no loss yet`
            : `${label}: from ${realText(first[1])} to ${realText(last[1])} in ${last[0]} of ${countedText(steps, 'step')}`
        }
      >
        {[0.25, 0.5, 0.75, 1].map((share) => (
          <line key={share} className={styles.gridLine} x1={x(share * steps)} x2={x(share * steps)} y1={top} y2={base} />
        ))}
        <line className={styles.axis} x1={0} x2={width} y1={base + 0.5} y2={base + 0.5} />
        {first !== undefined && <line className={styles.reference} x1={0} x2={width} y1={y(first[1])} y2={y(first[1])} />}
        <path className={styles.noise} d={draw(points) ?? ''} />
        <path className={styles.loss} d={draw.curve(curveMonotoneX)(smooth) ?? ''} />
        {last !== undefined && (
          <>
            <circle className={styles.halo} cx={x(last[0])} cy={y(last[1])} r={7} />
            <circle className={styles.tip} cx={x(last[0])} cy={y(last[1])} r={3} />
          </>
        )}
        {ticks.map((v) => (
          <text key={v} className={styles.onLine} x={width} y={v === hi ? Math.max(top + 8, y(v) - 4) : base - 5} textAnchor="end">
            {realText(v)}
          </text>
        ))}
        <text x={0} y={height - 3}>
          0
        </text>
        {steps > 0 && (
          <text x={width} y={height - 3} textAnchor="end">
            {countedText(steps, 'step')}
          </text>
        )}
      </svg>
    </div>
  );
}
