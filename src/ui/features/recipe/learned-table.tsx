/** Layers that were learned: what the error was and is, how many weights are not the nearest integer, in how many steps and how long. */
import { useState } from 'react';
import { selectLayer } from '../../../store/actions/view';
import type { LearnedRow } from '../../../store/learning';
import { cardOf } from '../../../store/selectors';
import { useStudio } from '../../../store/store';
import { countedText, dbText, durationText, realText, shareText, wholeText } from '../../charts/format';
import { Button } from '../../kit/button';
import { Defined } from '../../kit/tooltip';
import { gainDb, whatOf } from './learning-words';
import styles from './learning.module.css';
import { recipeDefinitions as about } from './recipe-definitions';

const few = 8;

export function LearnedTable({ rows }: { readonly rows: readonly LearnedRow[] }) {
  const [all, setAll] = useState(false);
  return (
    <>
      <table className={styles.table} data-testid="learned-layers">
        <thead>
          <tr>
            <th scope="col">Layer</th>
            <th scope="col">
              <Defined definition={about.loss}>Loss</Defined>
            </th>
            <th scope="col">
              <Defined definition={about.flips}>Flips</Defined>
            </th>
            <th scope="col">Time</th>
          </tr>
        </thead>
        <tbody>
          {(all ? rows : rows.slice(0, few)).map((row) => (
            <Learned key={`${row.kind} ${row.layer}`} row={row} />
          ))}
        </tbody>
      </table>
      {rows.length > few && (
        <Button size="small" look="ghost" onClick={() => setAll(!all)} aria-expanded={all}>
          {all ? 'Show fewer' : `Show all ${rows.length}`}
        </Button>
      )}
    </>
  );
}

function Learned({ row }: { readonly row: LearnedRow }) {
  const { kind, layer, before, after, iterations, moved, of, ms } = row;
  const hasCard = useStudio((s) => cardOf(s, layer) !== undefined);
  const gain = gainDb(row);
  const name = <bdi>{layer}</bdi>;
  return (
    <tr>
      <th scope="row">
        {hasCard ? (
          <button type="button" className={styles.stem} title={layer} onClick={() => void selectLayer(layer)}>
            {name}
          </button>
        ) : (
          <span className={styles.stem} title={layer}>
            {name}
          </span>
        )}
        <small title={whatOf(kind)}>
          {kind === 'weights' ? 'weights' : 'step'}
          {iterations !== undefined && `, ${countedText(iterations, 'step')}`}
        </small>
      </th>
      <td>
        {gain === undefined ? '–' : gain < 0.05 ? <span className={styles.same}>same</span> : <b>{dbText(-gain)} dB</b>}
        <small>
          {realText(Number(before.toPrecision(3)))} → {realText(Number(after.toPrecision(3)))}
        </small>
      </td>
      <td>
        {moved === undefined || of === undefined ? '–' : shareText(moved / of)}
        {moved !== undefined && <small>{wholeText(moved)}</small>}
      </td>
      <td>
        {ms === undefined ? <span className={styles.same}>kept</span> : durationText(ms)}
        {ms !== undefined && iterations !== undefined && ms > 0 && <small>{wholeText((iterations / ms) * 1000)}/s</small>}
      </td>
    </tr>
  );
}
