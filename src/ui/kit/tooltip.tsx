/** Tooltips: a plain one for controls, and a definition for numbers (what it is, a good value, what to do). */
import { Tooltip as Base } from '@base-ui/react/tooltip';
import type { ReactElement, ReactNode } from 'react';
import styles from './tooltip.module.css';

interface TooltipProps {
  readonly content: ReactNode;
  readonly side?: 'top' | 'bottom' | 'left' | 'right';
  /** One element that takes a ref and the pointer and focus handlers. */
  readonly children: ReactElement;
}

export function Tooltip({ content, side = 'bottom', children }: TooltipProps) {
  return (
    <Base.Root>
      <Base.Trigger render={children} />
      <Base.Portal>
        <Base.Positioner side={side} sideOffset={6}>
          <Base.Popup className={styles.popup}>{content}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export const TooltipProvider = Base.Provider;

export interface NumberDefinition {
  readonly title: string;
  readonly what: string;
  readonly good?: string;
  readonly todo?: string;
}

/** A number (or its label) that explains itself on hover and on focus. */
export function Defined({ definition, children }: { readonly definition: NumberDefinition; readonly children: ReactNode }) {
  const content = (
    <div className={styles.definition}>
      <div className={styles.title}>{definition.title}</div>
      <div className={styles.row}>{definition.what}</div>
      {definition.good !== undefined && (
        <div className={styles.row}>
          <b>Good:</b> {definition.good}
        </div>
      )}
      {definition.todo !== undefined && (
        <div className={styles.row}>
          <b>If not:</b> {definition.todo}
        </div>
      )}
    </div>
  );
  return (
    <Tooltip content={content} side="bottom">
      <button type="button" className={styles.hint}>
        {children}
      </button>
    </Tooltip>
  );
}
