/** Buttons: one primary per screen, plain and ghost for the rest; an icon button always has a name and a tooltip. */
import type { ComponentProps, ReactNode } from 'react';
import styles from './button.module.css';
import { Tooltip } from './tooltip';

interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: 'primary' | 'plain' | 'ghost' | 'danger';
  readonly size?: 'small' | 'normal';
  readonly icon?: ReactNode;
}

export function Button({ look = 'plain', size = 'normal', icon, className, children, ...rest }: ButtonProps) {
  const names = [styles.button, look !== 'plain' && styles[look], size === 'small' && styles.small, className];
  return (
    <button type="button" className={names.filter(Boolean).join(' ')} data-look={look} {...rest}>
      {icon}
      {children}
    </button>
  );
}

interface IconButtonProps extends ComponentProps<'button'> {
  /** The accessible name, also shown as tooltip. */
  readonly label: string;
  readonly shortcut?: string | undefined;
  readonly size?: 'small' | 'normal';
}

export function IconButton({ label, shortcut, size = 'normal', className, ...rest }: IconButtonProps) {
  const names = [styles.icon, size === 'small' && styles.iconSmall, className];
  return (
    <Tooltip content={shortcut === undefined ? label : `${label}  ${shortcut}`}>
      <button type="button" aria-label={label} className={names.filter(Boolean).join(' ')} {...rest} />
    </Tooltip>
  );
}
