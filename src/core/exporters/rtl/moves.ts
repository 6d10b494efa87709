/**
 * Checks of ops that move or choose integers and change none. There is no arithmetic to build, so there is no DUT: a bench reads
 * both tensors and compares element by element, by tables of the axes. A concat has one bench for each of its operands.
 */
import { utf8Encode } from '../../base/bytes';
import { memParams, wordsText, type Bench, type MemFile } from './bench';
import { axisTables, type AxisTables } from './axis-tables';
import { CHEAP, dims, type OpOf, type RtlContext } from './context';
import { broadcastStrides, rowMajor } from './strides';

type MoveOp = OpOf<'reshape' | 'transpose' | 'concat' | 'slice' | 'pad' | 'expand' | 'gather'>;

export function moveBenches(op: MoveOp, id: string, c: RtlContext): Bench[] {
  const y = c.memOf(op.output);
  if (op.table !== undefined) return [embeddingBench(op, op.table, id, c)];
  if (op.kind === 'concat') return concatBenches(op, id, y, c);
  const x = c.memOf(op.inputs[0] as string); // of a move that is no concat
  if (op.kind === 'reshape') return [moveBench(op, id, x, y, undefined, 0, [1], c)];
  const { indices } = op.attrs;
  const tables = axisTables(op, x.info.shape, y.info.shape, indices === undefined ? [] : c.numbersOf(indices));
  return [moveBench(op, id, x, y, tables, 0, rowMajor(tables.box), c)];
}

function concatBenches(op: MoveOp, id: string, y: MemFile, c: RtlContext): Bench[] {
  const { shape } = y.info;
  const axis = ((op.attrs.axis ?? 0) + shape.length) % shape.length;
  const strides = rowMajor(shape);
  let from = 0;
  return (op.operands ?? op.inputs).map((name, i) => {
    const x = c.memOf(name);
    const own = rowMajor(x.info.shape);
    const tables = x.info.shape.map((extent, d) => Array.from({ length: extent }, (_, p) => p * (own[d] as number)));
    const base = from * (strides[axis] as number);
    from += x.info.shape[axis] as number;
    return moveBench(op, i === 0 ? id : `${id}.part${i + 1}`, x, y, { box: x.info.shape, tables }, base, strides, c);
  });
}

function moveBench(
  op: MoveOp,
  id: string,
  x: MemFile,
  y: MemFile,
  map: AxisTables | undefined,
  base: number,
  strides: readonly number[],
  c: RtlContext,
): Bench {
  const box = map?.box ?? [y.elements];
  const sampled = c.sample(id, box, CHEAP);
  const entries = map?.tables.flat() ?? [];
  const size = box.reduce((a, b) => a * b, 1);
  const shape = dims(y.info.shape);
  const params = {
    NAME: op.name,
    ...memParams('X', x),
    ...memParams('Y', y),
    ...(map ? { MAP_FILE: `vec/${id}.map.mem`, MAP_N: entries.length } : {}),
    ...sampled.params,
    ...{ RANK: box.length, DIMS: box, BOX: size, Y_BASE: base, Y_STRIDES: strides, FILL: op.attrs.value ?? 0 },
    ...{ Y_RANK: shape.RANK, Y_DIMS: shape.DIMS },
  };
  const table = { path: `rtl/vec/${id}.map.mem`, bytes: utf8Encode(wordsText('index map: a table for each axis', entries)) };
  const files = [...sampled.files, ...(map ? [table] : [])];
  return { module: 't2c_tb_move', params, outputs: size, checked: sampled.checked, files };
}

/** Rows of a constant table at the integers of the input. */
function embeddingBench(op: MoveOp, table: string, id: string, c: RtlContext): Bench {
  const rows = c.memOf(table);
  const y = c.memOf(op.output);
  const sampled = c.sample(id, y.info.shape, CHEAP);
  const axis = ((op.attrs.axis ?? 0) + rows.info.shape.length) % rows.info.shape.length;
  const params = {
    NAME: op.name,
    OP: 1,
    ...memParams('C', c.memOf(op.inputs[0] as string)), // the tokens
    ...memParams('A', rows),
    ...memParams('Y', y),
    ...sampled.params,
    ...dims(y.info.shape),
    SIZE: rows.info.shape[axis] ?? 1,
    POST: rows.info.shape.slice(axis + 1).reduce((a, b) => a * b, 1),
  };
  return { module: 't2c_tb_choose', params, outputs: y.elements, checked: sampled.checked, files: sampled.files };
}

export function whereBench(op: OpOf<'where'>, id: string, c: RtlContext): Bench {
  const y = c.memOf(op.output);
  const { shape } = y.info;
  const sampled = c.sample(id, shape, CHEAP);
  const [condition, a, b] = [c.memOf(op.condition), c.memOf(op.operands[0]), c.memOf(op.operands[1])];
  const params = {
    NAME: op.name,
    OP: 0,
    ...memParams('C', condition),
    ...memParams('A', a),
    ...memParams('B', b),
    ...memParams('Y', y),
    ...sampled.params,
    ...dims(shape),
    C_STRIDES: broadcastStrides(condition.info.shape, shape),
    A_STRIDES: broadcastStrides(a.info.shape, shape),
    B_STRIDES: broadcastStrides(b.info.shape, shape),
  };
  return { module: 't2c_tb_choose', params, outputs: y.elements, checked: sampled.checked, files: sampled.files };
}
