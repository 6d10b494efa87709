/** A button with a menu of commands: each has a title and, below it, a line of what it is. */
import { Menu as Base } from '@base-ui/react/menu';
import { ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import button from './button.module.css';
import styles from './menu.module.css';

export interface MenuItem {
  readonly id: string;
  readonly title: string;
  readonly about?: string;
  readonly run: () => void;
}

interface Props {
  readonly label: string;
  readonly icon?: ReactNode;
  readonly items: readonly MenuItem[];
  readonly testId?: string;
}

export function Menu({ label, icon, items, testId }: Props) {
  return (
    <Base.Root>
      <Base.Trigger className={`${button.button} ${button.small}`} data-testid={testId}>
        {icon}
        {label}
        <ChevronDown size={12} aria-hidden />
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="start">
          <Base.Popup className={styles.popup}>
            {items.map((item) => (
              <Base.Item key={item.id} className={styles.item} onClick={item.run} data-testid={`${testId ?? 'menu'}-${item.id}`}>
                <span>{item.title}</span>
                {item.about !== undefined && <small>{item.about}</small>}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
