/** Numbers with their names: a grid of Stats (label above, number below) and Rows (name left, number right). Each may explain itself. */
import type { ReactNode } from 'react';
import type { Level } from '../charts/compute';
import styles from './stat.module.css';
import { Defined, type NumberDefinition } from './tooltip';

interface StatProps {
  readonly label: string;
  readonly value: ReactNode;
  readonly unit?: string | undefined;
  /** Colours the number; the number itself is always there. */
  readonly level?: Level | undefined;
  readonly definition?: NumberDefinition | undefined;
  /** The whole text where the cell may cut it. */
  readonly title?: string | undefined;
}

const levelClass = (level: Level | undefined) => (level === undefined || level === 'none' ? '' : styles[level]);

/** Cells side by side, as many as fit; `framed` draws hairlines around them. */
export function StatGrid({
  children,
  framed = false,
  columns,
}: {
  readonly children: ReactNode;
  readonly framed?: boolean;
  readonly columns?: number;
}) {
  return (
    <dl
      className={`${styles.grid} ${framed ? styles.framed : ''}`}
      style={columns === undefined ? undefined : { gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
    >
      {children}
    </dl>
  );
}

export function Stat({ label, value, unit, level, definition, title }: StatProps) {
  return (
    <div className={styles.cell}>
      <dt>{definition === undefined ? label : <Defined definition={definition}>{label}</Defined>}</dt>
      <dd className={levelClass(level)} title={title}>
        {value}
        {unit !== undefined && <small> {unit}</small>}
      </dd>
    </div>
  );
}

export function RowList({ children }: { readonly children: ReactNode }) {
  return <dl className={styles.rows}>{children}</dl>;
}

export function Row({ label, value, unit, level, definition, title }: StatProps) {
  return (
    <div className={styles.row}>
      <dt>{definition === undefined ? label : <Defined definition={definition}>{label}</Defined>}</dt>
      <dd className={levelClass(level)} title={title}>
        {value}
        {unit !== undefined && <small> {unit}</small>}
      </dd>
    </div>
  );
}
