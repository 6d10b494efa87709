/** The frame of a step's panel: title with a line of what it does, a body that scrolls, and a foot that is always in sight. */
import type { ReactNode } from 'react';
import styles from './step-frame.module.css';

interface Props {
  readonly title: string;
  readonly lead: string;
  /** Beside the title: badges, undo and redo. */
  readonly tools?: ReactNode;
  readonly children: ReactNode;
  readonly foot: ReactNode;
}

export function StepFrame({ title, lead, tools, children, foot }: Props) {
  return (
    <section className={styles.frame} aria-label={title}>
      <header className={styles.head}>
        <div className={styles.titleRow}>
          <h2>{title}</h2>
          {tools !== undefined && <div className={styles.tools}>{tools}</div>}
        </div>
        <p>{lead}</p>
      </header>
      <div className={styles.body}>{children}</div>
      <footer className={styles.foot}>{foot}</footer>
    </section>
  );
}
