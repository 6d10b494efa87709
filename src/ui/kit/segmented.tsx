/** One of a few, always one chosen. */
import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import styles from './segmented.module.css';

interface Props<Id extends string> {
  readonly label: string;
  readonly value: Id;
  readonly onChange: (id: Id) => void;
  readonly items: readonly { readonly id: Id; readonly title: string; readonly disabled?: boolean }[];
}

export function Segmented<Id extends string>({ label, value, onChange, items }: Props<Id>) {
  return (
    <ToggleGroup
      aria-label={label}
      className={styles.group}
      value={[value]}
      onValueChange={(next) => {
        const chosen = items.find((i) => i.id === next[0]);
        if (chosen !== undefined) onChange(chosen.id);
      }}
    >
      {items.map((item) => (
        <Toggle key={item.id} value={item.id} disabled={item.disabled} className={styles.item}>
          {item.title}
        </Toggle>
      ))}
    </ToggleGroup>
  );
}
