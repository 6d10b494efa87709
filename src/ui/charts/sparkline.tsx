/** A word-sized line of values from zero up: decoration beside a number, so it is hidden from readers. */
import { area, line } from 'd3-shape';
import { scaleLinear } from 'd3-scale';
import styles from './charts.module.css';

interface Props {
  readonly values: readonly number[];
  readonly width?: number;
  readonly height?: number;
}

export function Sparkline({ values, width = 48, height = 20 }: Props) {
  const x = scaleLinear([0, Math.max(1, values.length - 1)], [0, width]);
  const y = scaleLinear([0, Math.max(Number.MIN_VALUE, ...values)], [height - 1, 1]);
  const points = values.map((v, i): [number, number] => [x(i), y(v)]);
  const fill = area<[number, number]>().y0(height);
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden>
      <path className={styles.area} d={fill(points) ?? ''} />
      <path className={styles.line} d={line()(points) ?? ''} />
    </svg>
  );
}
