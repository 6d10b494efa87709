/**
 * One bar per layer, coloured by threshold: the strip at the bottom that is also the navigator.
 * A listbox for the keyboard: arrows, Home and End move and choose.
 */
import { scaleLinear } from 'd3-scale';
import { useId, useState } from 'react';
import styles from './charts.module.css';
import { levelOf, moveBy, orderOf, type Thresholds } from './compute';
import { realText } from './format';
import { useWidth } from './use-width';

export interface StripItem {
  readonly id: string;
  readonly name: string;
  readonly value: number | undefined;
}

interface Props {
  readonly label: string;
  readonly items: readonly StripItem[];
  readonly unit: string;
  /** How a value is written; four digits where absent. */
  readonly format?: (value: number) => string;
  readonly thresholds: Thresholds | undefined;
  /** Worst (smallest) first instead of the order of the network. */
  readonly sorted: boolean;
  readonly selected: string | undefined;
  readonly onSelect: (id: string) => void;
  readonly height?: number;
}

export function BarStrip({ label, items, unit, format = realText, thresholds, sorted, selected, onSelect, height = 104 }: Props) {
  const { ref, width } = useWidth<HTMLDivElement>(800);
  const [hover, setHover] = useState<number>();
  const base = useId();
  const order = orderOf(
    items.map((i) => i.value),
    sorted,
  ).map((i) => items[i] as StripItem);
  const at = order.findIndex((i) => i.id === selected);
  const top = Math.max(0, ...items.map((i) => i.value ?? 0));
  const y = scaleLinear([0, top > 0 ? top : 1], [height, 4]);
  const step = width / Math.max(1, order.length);
  const gap = step > 6 ? 2 : step > 2 ? 0.5 : 0;
  const shown = order[hover ?? at];
  const text = (i: StripItem) => `${i.name}: ${i.value === undefined ? 'not known' : `${format(i.value)} ${unit}`.trimEnd()}`;

  return (
    <div ref={ref} className={styles.chart}>
      <svg
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="listbox"
        aria-label={label}
        aria-orientation="horizontal"
        aria-activedescendant={at < 0 ? undefined : `${base}-${at}`}
        tabIndex={0}
        onPointerLeave={() => setHover(undefined)}
        onKeyDown={(e) => {
          const next = moveBy(e.key, at, order.length);
          const item = next === undefined ? undefined : order[next];
          if (item === undefined) return;
          e.preventDefault();
          onSelect(item.id);
        }}
      >
        {order.map((item, i) => {
          const chosen = i === at;
          const barTop = item.value === undefined ? height - 2 : Math.min(height - 2, y(item.value));
          const level = thresholds === undefined && item.value !== undefined ? 'main' : levelOf(item.value, thresholds);
          const box = { x: i * step + gap / 2, width: Math.max(0.5, step - gap), rx: step > 8 ? 2 : 0 };
          return (
            <g
              key={item.id}
              id={`${base}-${i}`}
              role="option"
              aria-selected={chosen}
              aria-label={text(item)}
              className={styles.clickable}
              onPointerEnter={() => setHover(i)}
              onClick={() => onSelect(item.id)}
            >
              <rect className={chosen ? styles.selectedTrack : styles.hit} {...box} y={0} height={height} />
              <rect className={chosen ? styles.selected : styles[level]} {...box} y={barTop} height={height - barTop} />
            </g>
          );
        })}
      </svg>
      <div className={styles.readout} aria-hidden>
        {shown === undefined ? '' : text(shown)}
      </div>
    </div>
  );
}
