/** One word of a memory, highest bit at the left: which bits are which element. Not to scale where elements are many. */
import type { WordShape } from '../../../core/exporters/exporter';
import styles from './format.module.css';

/** With more, only every fourth element is named. */
const mostNames = 32;

export function WordDrawing({ shape }: { readonly shape: WordShape }) {
  const { width, slot, perWord, parts, lanes } = shape;
  if (perWord === 0) {
    return (
      <p className={styles.facts}>
        A stream of {slot} bit elements, cut every {width} bits: an element may begin in one word and end in the next.
      </p>
    );
  }
  if (parts > 1) {
    return (
      <p className={styles.facts}>
        An element of {slot} bits takes {parts} words of {width} bits.
      </p>
    );
  }
  const unused = width - perWord * slot;
  const order = Array.from({ length: perWord }, (_, i) => (lanes === 'high-first' ? i : perWord - 1 - i));
  return (
    <figure
      className={styles.drawing}
      aria-label={`A word of ${width} bits: ${perWord} elements of ${slot} bits${unused > 0 ? `, ${unused} unused` : ''}`}
    >
      <div className={styles.lanes} aria-hidden>
        {unused > 0 && <span className={styles.unused} style={{ flexGrow: unused }} title={`${unused} bits unused, 0`} />}
        {order.map((lane) => (
          <span
            key={lane}
            className={styles.lane}
            style={{ flexGrow: slot }}
            title={`element ${lane}: ${slot} bits`}
            data-first={lane === 0}
          >
            {perWord <= mostNames || lane % 8 === 0 ? lane : ''}
          </span>
        ))}
      </div>
      <figcaption className={styles.scale} aria-hidden>
        <span>bit {width - 1}</span>
        <span>
          {perWord} × {slot} bit{unused > 0 ? `, ${unused} unused` : ''}
        </span>
        <span>bit 0</span>
      </figcaption>
    </figure>
  );
}
