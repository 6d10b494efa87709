/** Traces of what looks at a window or at whole axes: pools and means. */
import type { PoolOp, ReduceOp, Requant } from '../../ir/integer-model';
import type { Body } from './linear';
import { positionOf } from '../../ir/places';
import { placesOf, read, type Operand, type Reader } from './reader';
import { accumulatorLines } from './register';
import { mulShiftFormula, mulShiftLines } from './requant';
import { StudioError } from '../../base/errors';
import type { TraceColumn, TraceLine, TraceTerm } from './types';

const elementColumn = (x: Operand): TraceColumn => ({ symbol: 'x', title: 'Element of the input', bits: x.bits, signed: x.signed });
const columnsOf = (x: Operand): TraceColumn[] => [
  elementColumn(x),
  { symbol: 'x − zx', title: 'Without the zero point of the input', bits: x.bits + 1, signed: true },
];

/** Sum of x − zx over the places, as rows. */
function summed(x: Operand, places: readonly (readonly number[])[]): { readonly rows: TraceTerm[]; readonly sum: bigint } {
  let sum = 0n;
  const rows = places.map((at): TraceTerm => {
    const q = x.at(positionOf(at, x.shape));
    sum += q - x.zeroPoint;
    return { at: [at], values: [q, q - x.zeroPoint], mark: undefined };
  });
  return { rows, sum };
}

export function tracePool(op: PoolOp, index: readonly number[], reader: Reader, output: Operand): Body {
  const x = reader.operand(op.inputs[0] as string);
  const p = op.pool;
  const [n = 0, c = 0, ...place] = index;
  const places: number[][] = [];
  for (const tap of placesOf(p.kernel)) {
    const spot = place.map(
      (v, i) => v * (p.strides[i] as number) - (p.pads[i] as number) + (tap[i] as number) * (p.dilations[i] as number),
    );
    if (spot.every((v, i) => v >= 0 && v < (x.shape[i + 2] as number))) places.push([n, c, ...spot]);
  }
  const operands = [reader.link('x1', x.name)];
  if (p.kind === 'max') {
    const found = places.map((at) => x.at(positionOf(at, x.shape)));
    const most = found.reduce((a, b) => (b > a ? b : a), x.lo);
    const first = found.indexOf(most);
    const rows = places.map((at, i): TraceTerm => ({ at: [at], values: [found[i] as bigint], mark: i === first ? 'self' : undefined }));
    const at = places[first];
    const from = at && { value: x.name, index: at };
    return {
      formula: 'y = max x over the window; padding is the lowest integer',
      operands,
      terms: { title: 'Window', columns: [elementColumn(x)], rows, weighty: 0 },
      lines: [{ symbol: 'y', title: 'Largest of the window', formula: 'max x', value: most, bits: x.bits, signed: x.signed, from }],
    };
  }
  const { rows, sum } = summed(x, places);
  const acc = accumulatorLines(reader.model, 'Sum of the window', 'Σ (x − zx)', sum, op.accumulator?.boundBits ?? 32);
  const held = (acc.at(-1) as TraceLine).value;
  const r = requantOf(op);
  const which = op.index === undefined ? undefined : whichMultiplier(reader.operand(op.index), place);
  return {
    formula: `acc = Σ (x − zx); ${mulShiftFormula('acc', r)}, M includes 1 ÷ N`,
    operands,
    terms: { title: 'Window', columns: columnsOf(x), rows, weighty: 1 },
    lines: [...acc, ...(which ? [which] : []), ...mulShiftLines(reader, r, 'acc', held, Number(which?.value ?? c), output)],
  };
}

/** One index into the multipliers per spatial position: windows at the edges sum fewer elements. */
function whichMultiplier(index: Operand, place: readonly number[]): TraceLine {
  return read('j', 'Which multiplier this position has', index, place);
}

function requantOf(op: PoolOp): Requant {
  if (op.requant) return op.requant;
  throw new StudioError({ code: 'internal', what: 'An average pool has no multiplier', where: { node: op.name } });
}

export function traceReduce(op: ReduceOp, index: readonly number[], reader: Reader, output: Operand): Body {
  const x = reader.operand(op.inputs[0] as string);
  const { axes, keepdims } = op.attrs;
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const base = x.shape.map((_, axis) => (keepdims === 1 ? (index[axis] ?? 0) : (index[kept.indexOf(axis)] ?? 0)));
  const reduced = x.shape.map((_, axis) => axis).filter((axis) => axes.includes(axis));
  const places = Array.from(placesOf(reduced.map((axis) => x.shape[axis] as number)), (over) => {
    const at = [...base];
    reduced.forEach((axis, i) => (at[axis] = over[i] as number));
    return at;
  });
  const { rows, sum } = summed(x, places);
  const acc = accumulatorLines(reader.model, 'Sum', 'Σ (x − zx)', sum, op.accumulator.boundBits);
  const held = (acc.at(-1) as TraceLine).value;
  return {
    formula: `acc = Σ (x − zx); ${mulShiftFormula('acc', op.requant)}, M includes 1 ÷ N`,
    operands: [reader.link('x1', x.name)],
    terms: { title: 'Summands', columns: columnsOf(x), rows, weighty: 1 },
    lines: [...acc, ...mulShiftLines(reader, op.requant, 'acc', held, 0, output)],
  };
}
