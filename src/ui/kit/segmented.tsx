/** One of a few, always one chosen. */
import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import styles from './segmented.module.css';

interface Props<Id extends string> {
  readonly label: string;
  readonly value: Id;
  readonly onChange: (id: Id) => void;
  readonly items: readonly { readonly id: Id; readonly title: string; readonly disabled?: boolean; readonly hint?: string }[];
  /** Narrower cells, for many short ones; scrolls where they do not fit. */
  readonly dense?: boolean;
}

export function Segmented<Id extends string>({ label, value, onChange, items, dense = false }: Props<Id>) {
  return (
    <ToggleGroup
      aria-label={label}
      className={`${styles.group} ${dense ? styles.dense : ''}`}
      value={[value]}
      onValueChange={(next) => {
        const chosen = items.find((i) => i.id === next[0]);
        if (chosen !== undefined) onChange(chosen.id);
      }}
    >
      {items.map((item) => (
        <Toggle key={item.id} value={item.id} disabled={item.disabled} title={item.hint} className={styles.item}>
          {item.title}
        </Toggle>
      ))}
    </ToggleGroup>
  );
}
