/** The frame of a step's panel: title with a line of what it does, a body that scrolls, and a foot that is always in sight. */
import { useEffect, useRef, type ReactNode } from 'react';
import { stepFootId } from '../../store/actions/all';
import styles from './step-frame.module.css';

interface Props {
  readonly title: string;
  readonly lead: string;
  /** Beside the title: badges, undo and redo. */
  readonly tools?: ReactNode;
  readonly children: ReactNode;
  readonly foot: ReactNode;
  /** What stands at the top: when it is new, the body scrolls there. */
  readonly result?: unknown;
}

export function StepFrame({ title, lead, tools, children, foot, result }: Props) {
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (result !== undefined) body.current?.scrollTo({ top: 0 });
  }, [result]);
  return (
    <section className={styles.frame} aria-label={title}>
      <header className={styles.head}>
        <div className={styles.titleRow}>
          <h2>{title}</h2>
          {tools !== undefined && <div className={styles.tools}>{tools}</div>}
        </div>
        <p>{lead}</p>
      </header>
      <div ref={body} className={styles.body}>
        {children}
      </div>
      <footer className={styles.foot} id={stepFootId}>
        {foot}
      </footer>
    </section>
  );
}
