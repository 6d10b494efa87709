/** Multiplier and shift of every channel as a table with virtual rows. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import { realText, wholeText } from '../../charts/format';
import { Defined } from '../../kit/tooltip';
import { definitions } from './definitions';
import styles from './inspect.module.css';

interface Props {
  readonly mul: readonly number[];
  readonly shift: readonly number[];
  /** Of the weights: one, or one per channel. */
  readonly scale: readonly number[] | undefined;
}

const rowHeight = 24;

export function RequantTable({ mul, shift, scale }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: mul.length, getScrollElement: () => box.current, estimateSize: () => rowHeight, overscan: 8 });
  return (
    <div className={styles.requant} role="table" aria-label="Multiplier and shift per channel" aria-rowcount={mul.length + 1}>
      <div className={styles.requantHead} role="row" aria-rowindex={1}>
        <span role="columnheader">Channel</span>
        <span role="columnheader">
          <Defined definition={definitions.multiplier}>M</Defined>
        </span>
        <span role="columnheader">
          <Defined definition={definitions.shift}>n</Defined>
        </span>
        <span role="columnheader">
          <Defined definition={definitions.realFactor}>M × 2⁻ⁿ</Defined>
        </span>
        {scale !== undefined && (
          <span role="columnheader">
            <Defined definition={definitions.scale}>Scale w</Defined>
          </span>
        )}
      </div>
      <div
        ref={box}
        className={styles.requantBody}
        style={{ height: Math.min(192, mul.length * rowHeight) }}
        role="rowgroup"
        // A list that scrolls must be reachable with the keyboard.
        tabIndex={mul.length * rowHeight > 192 ? 0 : undefined}
        aria-label="Channels"
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map(({ index, start, key }) => {
            const m = mul[index] as number;
            const n = shift[index] ?? shift[0] ?? 0;
            return (
              <div
                key={key}
                className={styles.requantRow}
                role="row"
                aria-rowindex={index + 2}
                style={{ transform: `translateY(${start}px)` }}
              >
                <span role="rowheader">{mul.length === 1 ? 'all' : index}</span>
                <span role="cell">{wholeText(m)}</span>
                <span role="cell">{n}</span>
                <span role="cell">{realText(m * 2 ** -n)}</span>
                {scale !== undefined && <span role="cell">{realText(scale[index] ?? scale[0] ?? NaN)}</span>}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
