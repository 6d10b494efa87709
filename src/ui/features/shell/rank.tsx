/** Names with counts as quiet bars, most first: a histogram that reads as a table. The tail is folded into one line. */
import styles from './overview.module.css';

interface Props {
  readonly label: string;
  readonly entries: readonly (readonly [name: string, count: number])[];
  readonly tone?: 'accent' | 'good';
  readonly most?: number;
}

export function Rank({ label, entries, tone = 'accent', most = 12 }: Props) {
  const top = Math.max(1, ...entries.map(([, count]) => count));
  const rest = entries.slice(most);
  return (
    <ul className={styles.rank} aria-label={label} data-tone={tone}>
      {entries.slice(0, most).map(([name, count]) => (
        <li key={name}>
          <span className={styles.rankName} title={name}>
            {name}
          </span>
          <span className={styles.rankTrack} aria-hidden>
            <span style={{ width: `${(100 * count) / top}%` }} />
          </span>
          <span className={styles.rankCount}>{count}</span>
        </li>
      ))}
      {rest.length > 0 && (
        <li title={rest.map(([name, count]) => `${name} ${count}`).join(', ')}>
          <span className={styles.rankName}>{rest.length} more</span>
          <span />
          <span className={styles.rankCount}>{rest.reduce((sum, [, count]) => sum + count, 0)}</span>
        </li>
      )}
    </ul>
  );
}
