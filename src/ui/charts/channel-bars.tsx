/**
 * One bar per output channel (scale, multiplier), outliers marked. Where there are more channels than
 * pixels allow, outliers are kept, the rest is thinned evenly, and the caption says how many are shown.
 */
import { scaleLinear } from 'd3-scale';
import { useState } from 'react';
import styles from './charts.module.css';
import { moveBy, outliers, thin } from './compute';
import { realText } from './format';
import { useWidth } from './use-width';

interface Props {
  /** `Scale per channel` */
  readonly label: string;
  readonly values: readonly number[];
  /** Channels that something was done to, in the bad colour, and what it was in one word. */
  readonly marked?: { readonly channels: readonly number[]; readonly word: string };
  /** Where bars begin: 0, or just below the smallest where only differences matter. */
  readonly from?: number;
  readonly height?: number;
  readonly noun?: string;
}

export function ChannelBars({ label, values, marked, from = 0, height = 56, noun = 'channel' }: Props) {
  const { ref, width } = useWidth<HTMLDivElement>(320);
  const [at, setAt] = useState<number>();
  const odd = outliers(values);
  const touched = new Set(marked?.channels);
  const shown = thin(values.length, Math.max(8, Math.floor(width / 4)), new Set([...touched, ...odd]));
  const y = scaleLinear([from, values.reduce((most, v) => Math.max(most, Math.abs(v)), from + Number.MIN_VALUE)], [height, 2]);
  const step = width / Math.max(1, shown.length);
  const channel = at === undefined ? undefined : shown[at];
  const value = channel === undefined ? undefined : values[channel];
  const many = shown.length === values.length ? `${values.length}` : `${shown.length} of ${values.length}`;
  const caption =
    `${many} ${values.length === 1 ? noun : `${noun}s`}` +
    (odd.size > 0 ? ` · ${odd.size} ${odd.size === 1 ? 'outlier' : 'outliers'}` : '') +
    (marked !== undefined && touched.size > 0 ? ` · ${touched.size} ${marked.word}` : '');

  return (
    <div ref={ref} className={styles.chart}>
      <svg
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        tabIndex={0}
        aria-label={`${label}, ${caption}`}
        onPointerMove={(e) => {
          const box = e.currentTarget.getBoundingClientRect();
          const i = Math.floor(((e.clientX - box.left) / box.width) * shown.length);
          setAt(Math.max(0, Math.min(shown.length - 1, i)));
        }}
        onPointerLeave={() => setAt(undefined)}
        onBlur={() => setAt(undefined)}
        onKeyDown={(e) => {
          const next = moveBy(e.key, at ?? -1, shown.length);
          if (next === undefined) return;
          e.preventDefault();
          setAt(next);
        }}
      >
        {shown.map((c, i) => {
          const barTop = Math.min(height - 1, y(Math.abs(values[c] ?? 0)));
          return (
            <rect
              key={c}
              className={i === at ? styles.selected : touched.has(c) ? styles.bad : odd.has(c) ? styles.watch : styles.main}
              x={i * step + (step > 3 ? 0.5 : 0)}
              width={Math.max(0.5, Math.min(24, step - (step > 3 ? 1 : 0)))}
              rx={step > 8 ? 2 : 0}
              y={barTop}
              height={height - barTop}
            />
          );
        })}
      </svg>
      <div className={styles.readout} aria-live="polite">
        {channel === undefined || value === undefined
          ? caption
          : `${noun} ${channel} · ${realText(value)}${odd.has(channel) ? ' · outlier' : ''}${marked !== undefined && touched.has(channel) ? ` · ${marked.word}` : ''}`}
      </div>
    </div>
  );
}
