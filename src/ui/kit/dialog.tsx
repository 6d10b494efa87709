/** A modal dialog: title, body, buttons at the foot. Escape and the cross close it; focus returns to where it was. */
import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { useRef, type ReactNode } from 'react';
import { IconButton } from './button';
import styles from './dialog.module.css';

interface Props {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly children: ReactNode;
  readonly foot?: ReactNode;
  /** Without head and padding: the title is spoken only, and Escape or a click outside closes. */
  readonly bare?: boolean;
  /** For tables. */
  readonly wide?: boolean;
}

export function Dialog({ open, onClose, title, children, foot, bare = false, wide = false }: Props) {
  const popup = useRef<HTMLDivElement>(null);
  // Where there is nothing to fill in the dialog itself has the keyboard, or the tooltip of its cross would take the first Escape.
  const first = () => popup.current?.querySelector<HTMLElement>('input[type=text], textarea') ?? popup.current;
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop} />
        <Base.Popup ref={popup} className={`${styles.popup} ${wide ? styles.wide : ''}`} initialFocus={bare ? true : first}>
          {bare ? (
            <>
              <Base.Title className="visually-hidden">{title}</Base.Title>
              {children}
            </>
          ) : (
            <>
              <div className={styles.head}>
                <Base.Title className={styles.title}>{title}</Base.Title>
                <IconButton label="Close" onClick={onClose}>
                  <X size={16} aria-hidden />
                </IconButton>
              </div>
              <div className={styles.body}>{children}</div>
            </>
          )}
          {foot !== undefined && <div className={styles.foot}>{foot}</div>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
