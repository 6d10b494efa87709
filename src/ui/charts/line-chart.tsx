/** A small line of y over x with two axis ends: convergence, a metric over bits. */
import { extent } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import styles from './charts.module.css';
import { realText } from './format';
import { useWidth } from './use-width';

interface Props {
  readonly label: string;
  readonly points: readonly (readonly [number, number])[];
  readonly unit: string;
  readonly height?: number;
}

export function LineChart({ label, points, unit, height = 88 }: Props) {
  const { ref, width } = useWidth<HTMLDivElement>(320);
  const [x0 = 0, x1 = 1] = extent(points, (p) => p[0]);
  const [y0 = 0, y1 = 1] = extent(points, (p) => p[1]);
  const base = height - 16;
  const x = scaleLinear([x0, x1], [0, width]);
  const y = scaleLinear([y0, y1], [base - 2, 14]);
  const path = line<readonly [number, number]>(
    (p) => x(p[0]),
    (p) => y(p[1]),
  )(points);
  return (
    <div ref={ref} className={styles.chart}>
      <svg
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`${label}: ${realText(y0)} to ${realText(y1)} ${unit}`}
      >
        <line className={styles.axis} x1={0} x2={width} y1={base + 0.5} y2={base + 0.5} />
        <path className={styles.line} d={path ?? ''} />
        <text x={0} y={10}>{`${realText(y1)} ${unit}`}</text>
        <text x={width} y={base - 4} textAnchor="end">{`from ${realText(y0)}`}</text>
        <text x={0} y={height - 2}>
          {realText(x0)}
        </text>
        <text x={width} y={height - 2} textAnchor="end">
          {realText(x1)}
        </text>
      </svg>
    </div>
  );
}
