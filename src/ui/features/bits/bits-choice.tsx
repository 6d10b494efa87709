/** Which bits are tried, of 2 to 7: any number of them. */
import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import segmented from '../../kit/segmented.module.css';
import styles from './bits.module.css';

interface Props {
  readonly label: string;
  readonly value: readonly number[];
  readonly onChange: (bits: readonly number[]) => void;
}

const all = [7, 6, 5, 4, 3, 2];

export function BitsChoice({ label, value, onChange }: Props) {
  return (
    <div className={styles.choice}>
      <span>{label}</span>
      <ToggleGroup
        multiple
        aria-label={`Bits of ${label.toLowerCase()} to try`}
        className={`${segmented.group} ${segmented.dense}`}
        value={value.map(String)}
        onValueChange={(next) => onChange(all.filter((b) => next.includes(String(b))))}
      >
        {all.map((b) => (
          <Toggle key={b} value={String(b)} className={segmented.item}>
            {b}
          </Toggle>
        ))}
      </ToggleGroup>
    </div>
  );
}
