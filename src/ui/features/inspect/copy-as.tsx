/** The shown tensor on the clipboard, as a path or as source text: a menu of the keyboard as well as of the mouse. */
import { Menu } from '@base-ui/react/menu';
import { ChevronDown, Copy } from 'lucide-react';
import { copyTensor } from '../../../store/actions/inspect';
import { Button } from '../../kit/button';
import styles from './inspect.module.css';

const forms = [
  { id: 'path', title: 'Path of its .npy', hint: 'where a bundle has it' },
  { id: 'c', title: 'C literal', hint: 'static const array' },
  { id: 'verilog', title: 'Verilog literal', hint: 'localparam, packed elements' },
] as const;

export function CopyAs({ layer, role }: { readonly layer: string; readonly role: string }) {
  return (
    <Menu.Root>
      <Menu.Trigger render={<Button size="small" icon={<Copy size={13} aria-hidden />} data-testid="copy-as" />}>
        Copy as <ChevronDown size={12} aria-hidden />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="start">
          <Menu.Popup className={styles.menu} aria-label="Copy as">
            {forms.map(({ id, title, hint }) => (
              <Menu.Item key={id} className={styles.menuItem} onClick={() => void copyTensor(layer, role, id)} data-testid={`copy-${id}`}>
                {title} <small>{hint}</small>
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
