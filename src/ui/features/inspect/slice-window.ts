/** Asks the engine for a window of a slice. Only vectors differ: the engine has them as a row, the screen as a column. */
import type { TensorRefInfo, TensorWindow } from '../../../engine/api';
import { tensorWindow } from '../../../store/actions/inspect';
import type { Window } from './tiles';

export async function sliceWindow(
  layer: string,
  tensor: Pick<TensorRefInfo, 'role' | 'shape'>,
  index: readonly number[],
  w: Window,
): Promise<TensorWindow> {
  if (tensor.shape.length !== 1) return tensorWindow(layer, tensor.role, index, w);
  const row = await tensorWindow(layer, tensor.role, [], { row: w.column, rows: w.columns, column: w.row, columns: w.rows });
  return { ...row, rows: row.columns, columns: row.rows };
}
