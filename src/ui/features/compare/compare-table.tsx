/** A row per layer: how much of its output differs, how far, and the SQNR between the two. A row selects its layer. */
import type { ComparedLayer } from '../../../engine/compare-api';
import { selectLayer } from '../../../store/actions/view';
import { countedText, dbText, realText, shareText } from '../../charts/format';
import chip from '../chip/chip.module.css';
import styles from './compare.module.css';

interface Props {
  readonly rows: readonly ComparedLayer[];
  /** Layers without the filter. */
  readonly all: number;
  /** The layer in the pictures. */
  readonly shown: string | undefined;
}

export function CompareTable({ rows, all, shown }: Props) {
  return (
    <>
      <table className={chip.table} data-testid="compare-table">
        <thead>
          <tr>
            {['Layer', 'Differ', 'Largest', 'Mean', 'SQNR'].map((title) => (
              <th key={title} scope="col">
                <span className={styles.head}>{title}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((l) => (
            <tr key={l.id} aria-selected={l.id === shown} data-layer={l.id}>
              <th scope="row">
                <button type="button" title={`${l.id}, ${l.kind}`} onClick={() => void selectLayer(l.id, { pan: false })}>
                  <bdi>{l.id}</bdi>
                </button>
              </th>
              <td className={l.changed === 0 ? chip.faint : undefined}>{l.changed === 0 ? 'none' : shareText(l.changed / l.elements)}</td>
              <td className={l.maxAbs === 0 ? chip.faint : undefined}>{realText(l.maxAbs)}</td>
              <td className={l.meanAbs === 0 ? chip.faint : undefined}>{realText(Number(l.meanAbs.toPrecision(3)))}</td>
              <td className={l.sqnrDb === undefined ? chip.faint : undefined}>{l.sqnrDb === undefined ? '–' : `${dbText(l.sqnrDb)} dB`}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.foot}>
        {rows.length === all ? countedText(all, 'layer') : `${rows.length} of ${all} layers differ`}. An element differs where it is more
        than half a step of the coarser quantizer off.
      </p>
    </>
  );
}
