/** What tells the user how things stand: Progress, Notice, EmptyState, Badge, Kbd, and Panel (a titled section). */
import { CircleAlert, CircleCheck, Info, TriangleAlert, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button, IconButton } from './button';
import styles from './feedback.module.css';

interface ProgressProps {
  readonly label: string;
  /** 0..1; undefined while the end is not known. */
  readonly value: number | undefined;
  readonly detail?: string | undefined;
  readonly onCancel?: (() => void) | undefined;
  /** Further buttons, before the one that cancels. */
  readonly children?: ReactNode;
}

export function Progress({ label, value, detail, onCancel, children }: ProgressProps) {
  const percent = value === undefined ? undefined : Math.round(Math.min(1, Math.max(0, value)) * 100);
  return (
    <div className={styles.progress} data-testid="progress">
      <div className={styles.line}>
        <span>{label}</span>
        <span>{detail ?? (percent === undefined ? '' : `${percent} %`)}</span>
      </div>
      <div
        className={styles.track}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(percent === undefined ? { 'data-indeterminate': '' } : { 'aria-valuenow': percent })}
      >
        <div className={styles.bar} {...(percent === undefined ? {} : { style: { width: `${percent}%` } })} />
      </div>
      {onCancel !== undefined && (
        <div className={styles.actions}>
          {children}
          <Button size="small" onClick={onCancel} data-testid="cancel">
            Cancel
          </Button>
        </div>
      )}
    </div>
  );
}

export type Tone = 'good' | 'watch' | 'bad' | 'accent';
const toneIcons = { good: CircleCheck, watch: TriangleAlert, bad: CircleAlert, accent: Info } as const;

interface NoticeProps {
  readonly tone: Tone;
  readonly title: string;
  readonly children?: ReactNode;
  readonly onDismiss?: (() => void) | undefined;
}

/** One message; bad ones interrupt a screen reader, the rest wait for their turn. */
export function Notice({ tone, title, children, onDismiss }: NoticeProps) {
  const Icon = toneIcons[tone];
  return (
    <div
      className={`${styles.notice} ${tone === 'accent' ? '' : styles[tone]}`}
      role={tone === 'bad' ? 'alert' : 'status'}
      data-testid="notice"
      data-tone={tone}
    >
      <Icon size={16} aria-hidden />
      <div className={styles.noticeTitle}>{title}</div>
      {onDismiss === undefined ? (
        <span />
      ) : (
        <IconButton label="Dismiss" size="small" onClick={onDismiss}>
          <X size={14} aria-hidden />
        </IconButton>
      )}
      {children !== undefined && <div className={styles.noticeBody}>{children}</div>}
    </div>
  );
}

interface EmptyProps {
  readonly icon?: ReactNode;
  readonly title: string;
  readonly children?: ReactNode;
}

export function EmptyState({ icon, title, children }: EmptyProps) {
  return (
    <div className={styles.empty}>
      {icon}
      <div className={styles.emptyTitle}>{title}</div>
      {children}
    </div>
  );
}

export function Badge({ tone, children }: { readonly tone?: Tone; readonly children: ReactNode }) {
  return (
    <span className={styles.badge} data-tone={tone}>
      {children}
    </span>
  );
}

export function Kbd({ children }: { readonly children: ReactNode }) {
  return <kbd className={styles.kbd}>{children}</kbd>;
}

interface PanelProps {
  readonly title: string;
  /** What stands at the right of the title. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

export function Panel({ title, aside, children }: PanelProps) {
  return (
    <section className={styles.panel} aria-label={title}>
      <div className={styles.panelHead}>
        <h3>{title}</h3>
        {aside !== undefined && <div>{aside}</div>}
      </div>
      {children}
    </section>
  );
}
