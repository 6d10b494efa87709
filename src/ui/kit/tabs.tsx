/** Tabs with an underline; the panel of the chosen tab only is mounted, and scrolls where the tabs have a height. */
import { Tabs as Base } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';
import styles from './tabs.module.css';

export interface TabItem<Id extends string> {
  readonly id: Id;
  readonly title: string;
  readonly content: ReactNode;
  readonly disabled?: boolean;
}

interface Props<Id extends string> {
  readonly label: string;
  readonly value: Id;
  readonly onChange: (id: Id) => void;
  readonly items: readonly TabItem<Id>[];
}

export function Tabs<Id extends string>({ label, value, onChange, items }: Props<Id>) {
  return (
    <Base.Root className={styles.root} value={value} onValueChange={(next: Id) => onChange(next)}>
      <Base.List className={styles.list} aria-label={label}>
        {items.map((item) => (
          <Base.Tab key={item.id} value={item.id} disabled={item.disabled} className={styles.tab}>
            {item.title}
          </Base.Tab>
        ))}
      </Base.List>
      {items.map((item) => (
        <Base.Panel key={item.id} value={item.id} className={styles.panel}>
          {item.content}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
