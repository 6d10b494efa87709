/** Two widths against a register: the bits that are proved enough and the bits that a sample needed, with the register's end. */
import { scaleLinear } from 'd3-scale';
import styles from './charts.module.css';
import { useWidth } from './use-width';

interface Props {
  readonly label: string;
  /** Proved: no input needs more. */
  readonly bound: number;
  readonly seen: number | undefined;
  /** Width of the register that it is held in. */
  readonly register: number;
}

const height = 40;
const barTop = 16;
const barHeight = 10;
/** Room for `bound 32`. */
const labelWidth = 56;

export function BitsBar({ label, bound, seen, register }: Props) {
  const { ref, width } = useWidth<HTMLDivElement>(320);
  const most = Math.max(register, bound, seen ?? 0);
  const x = scaleLinear([0, most], [0, width]);
  const ticks = Array.from({ length: Math.floor(most / 8) + 1 }, (_, i) => i * 8);
  const boundFits = width - x(bound) > labelWidth;
  const spoken = `${label}: bound ${bound} bits${seen === undefined ? '' : `, seen ${seen} bits`}, register ${register} bits`;
  return (
    <div ref={ref} className={styles.chart}>
      <svg height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={spoken}>
        <rect className={styles.track} x={0} y={barTop} width={width} height={barHeight} rx={3} />
        <rect className={bound > register ? styles.bad : styles.area} x={0} y={barTop} width={x(bound)} height={barHeight} rx={3} />
        <line className={styles.boundLine} x1={x(bound) - 1} x2={x(bound) - 1} y1={barTop} y2={barTop + barHeight} />
        {seen !== undefined && <rect className={styles.main} x={0} y={barTop} width={x(seen)} height={barHeight} rx={3} />}
        {seen !== undefined && (
          <text
            x={Math.min(x(seen) - 3, boundFits ? width : width - labelWidth - 8)}
            y={10}
            textAnchor={x(seen) < labelWidth ? 'start' : 'end'}
          >
            seen {seen}
          </text>
        )}
        <text x={boundFits ? x(bound) + 3 : width} y={10} textAnchor={boundFits ? 'start' : 'end'}>
          bound {bound}
        </text>
        {ticks.map((t) => (
          <text key={t} x={x(t)} y={height - 2} textAnchor={t === 0 ? 'start' : t === most ? 'end' : 'middle'}>
            {t}
          </text>
        ))}
      </svg>
    </div>
  );
}
