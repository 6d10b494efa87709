/** The legend of a threshold-coloured chart, always with the numbers: colour alone says nothing. */
import styles from './charts.module.css';
import type { Thresholds } from './compute';
import { realText } from './format';

export function Legend({ thresholds, unit }: { readonly thresholds: Thresholds; readonly unit: string }) {
  const { good, bad } = thresholds;
  const up = good >= bad;
  const entries = [
    ['good', `${up ? '≥' : '≤'} ${realText(good)}`],
    ['watch', up ? `${realText(bad)}–${realText(good)}` : `${realText(good)}–${realText(bad)}`],
    ['bad', `${up ? '<' : '>'} ${realText(bad)} ${unit}`],
  ] as const;
  return (
    <ul className={styles.legend} aria-label="Legend">
      {entries.map(([level, text]) => (
        <li key={level}>
          <svg width={8} height={8} aria-hidden>
            <rect className={styles[level]} width={8} height={8} rx={2} />
          </svg>
          {text}
        </li>
      ))}
    </ul>
  );
}
