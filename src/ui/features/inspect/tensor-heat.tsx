/** A slice of an integer tensor as a picture: one window of the engine, at most 512 × 512, around the chosen cell. */
import { useEffect, useState } from 'react';
import type { TensorRefInfo, TensorWindow } from '../../../engine/api';
import { wholeText } from '../../charts/format';
import { HeatMap } from '../../charts/heat-map';
import { useWidth } from '../../charts/use-width';
import type { CellPlace } from './move-cell';
import type { Slice } from './slice';
import { sliceWindow } from './slice-window';
import { pageOf } from './tiles';
import styles from './inspect.module.css';

interface Props {
  readonly label: string;
  readonly layer: string;
  readonly tensor: TensorRefInfo;
  readonly slice: Slice;
  readonly centre: number;
  readonly selected: CellPlace;
  readonly onSelect: (place: CellPlace) => void;
}

const most = 512;
const highest = 272;

type Shown = { readonly key: string; readonly window: TensorWindow } | { readonly key: string; readonly failed: string };

export function TensorHeat({ label, layer, tensor, slice, centre, selected, onSelect }: Props) {
  const { ref, width } = useWidth<HTMLDivElement>(288);
  const [shown, setShown] = useState<Shown>();
  const down = pageOf(slice.rows, selected.row, most);
  const across = pageOf(slice.columns, selected.column, most);
  const indexKey = slice.index.join();
  const key = [layer, tensor.role, indexKey, down.first, across.first, down.count, across.count].join('/');

  useEffect(() => {
    let current = true;
    const index = indexKey === '' ? [] : indexKey.split(',').map(Number);
    sliceWindow(layer, tensor, index, { row: down.first, rows: down.count, column: across.first, columns: across.count }).then(
      (window) => current && setShown({ key, window }),
      (error: unknown) => current && setShown({ key, failed: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      current = false;
    };
  }, [key, layer, tensor, indexKey, down.first, down.count, across.first, across.count]);

  // Cells keep their shape where the picture fits; very flat and very tall ones are stretched to be seen.
  const ratio = across.count / Math.max(1, down.count);
  const height = Math.round(Math.max(48, Math.min(highest, width / ratio)));
  const shownWidth = Math.round(Math.min(width, Math.max(96, height * ratio)));
  const part = down.count < slice.rows || across.count < slice.columns;
  const caption =
    `${down.count} × ${across.count}` + (part ? ` of ${slice.rows} × ${slice.columns}, from [${down.first}, ${across.first}]` : '');
  return (
    <div ref={ref} data-testid="tensor-heat">
      {shown === undefined ? (
        <div className={styles.ghost} style={{ height }} />
      ) : 'failed' in shown ? (
        <p className={styles.problem} role="alert">
          {shown.failed}
        </p>
      ) : (
        // The last picture stays until the next one is there.
        <div style={{ width: shownWidth, maxWidth: '100%' }}>
          <HeatMap
            label={label}
            width={shown.window.columns}
            height={shown.window.rows}
            values={shown.window.values}
            centre={centre}
            displayHeight={height}
            caption={caption}
            cellText={(row, column, value) => `[${down.first + row}, ${across.first + column}] · ${wholeText(value)}`}
            onPick={(row, column) => onSelect({ row: down.first + row, column: across.first + column })}
          />
        </div>
      )}
    </div>
  );
}
