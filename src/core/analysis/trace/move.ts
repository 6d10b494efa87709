/** Traces of ops that move integers: where the element came from, or the constant that was written. */
import { StudioError } from '../../base/errors';
import type { MoveOp } from '../../ir/integer-model';
import type { Body } from './linear';
import { placeOf, positionOf } from '../../ir/places';
import { broadcastTo, given, read, type Operand, type Reader } from './reader';
import type { TraceLine } from './types';

interface Origin {
  readonly operand: Operand;
  readonly index: readonly number[];
  readonly before?: readonly TraceLine[];
}

export function traceMove(op: MoveOp, index: readonly number[], reader: Reader, output: Operand): Body {
  const origin = originOf(op, index, reader, output);
  if (origin === undefined) {
    const line = given('y', 'Written into the padding', BigInt(op.attrs.value ?? 0), output.bits);
    const { bits, signed } = output;
    return {
      formula: 'y = the value of the padding',
      operands: [reader.link('x1', op.inputs[0] as string)],
      terms: undefined,
      lines: [{ ...line, bits, signed }],
    };
  }
  const { operand, before = [] } = origin;
  const line = read('y', `Element [${origin.index.join(', ')}] of ${operand.name}`, operand, origin.index);
  return {
    formula: `y = x[${origin.index.join(', ')}]`,
    operands: [reader.link('x1', operand.name)],
    terms: undefined,
    lines: [...before, line],
  };
}

/** undefined: padding. */
function originOf(op: MoveOp, index: readonly number[], reader: Reader, output: Operand): Origin | undefined {
  const x = (): Operand => reader.operand(op.inputs[0] as string);
  switch (op.kind) {
    case 'reshape':
      return { operand: x(), index: placeOf(positionOf(index, output.shape), x().shape) };
    case 'transpose': {
      const from = [...index];
      (op.attrs.perm ?? []).forEach((axis, i) => (from[axis] = index[i] as number));
      return { operand: x(), index: from };
    }
    case 'expand':
      return { operand: x(), index: broadcastTo(index, x().shape) };
    case 'concat':
      return concatenated(op, index, reader);
    case 'slice':
      return { operand: x(), index: sliced(op, index, x().shape) };
    case 'pad': {
      const from = padded(op, index, x().shape);
      return from && { operand: x(), index: from };
    }
    case 'gather':
      return gathered(op, index, reader);
    default:
      return op.kind satisfies never;
  }
}

function concatenated(op: MoveOp, index: readonly number[], reader: Reader): Origin {
  const axis = op.attrs.axis ?? 0;
  let i = index[axis] as number;
  for (const name of op.operands ?? []) {
    const operand = reader.operand(name);
    const extent = operand.shape[axis] as number;
    if (i < extent) return { operand, index: index.with(axis, i) };
    i -= extent;
  }
  throw new StudioError({ code: 'internal', what: 'A concatenation is longer than its operands', where: { node: op.name } });
}

/** As ONNX Slice: negative starts count from the end, those beyond are brought to the edge. */
function sliced(op: MoveOp, index: readonly number[], shape: readonly number[]): number[] {
  const { starts = [], steps = [], axes = starts.map((_, i) => i) } = op.attrs;
  const from = [...index];
  axes.forEach((axis, j) => {
    const extent = shape[axis] as number;
    const step = steps[j] ?? 1;
    const start = (starts[j] as number) < 0 ? (starts[j] as number) + extent : (starts[j] as number);
    const first = Math.max(0, Math.min(step < 0 ? extent - 1 : extent, start));
    from[axis] = first + (index[axis] as number) * step;
  });
  return from;
}

function padded(op: MoveOp, index: readonly number[], shape: readonly number[]): number[] | undefined {
  const { pads = [], mode = 'constant' } = op.attrs;
  const from = index.map((v, i) => v - (pads[i] as number));
  if (mode === 'constant') return from.every((v, i) => v >= 0 && v < (shape[i] as number)) ? from : undefined;
  return from.map((v, i) => {
    const last = (shape[i] as number) - 1;
    if (mode === 'edge') return Math.max(0, Math.min(last, v));
    let at = v;
    while (at < 0 || at > last) at = at < 0 ? -at : 2 * last - at;
    return at;
  });
}

function gathered(op: MoveOp, index: readonly number[], reader: Reader): Origin {
  const axis = op.attrs.axis ?? 0;
  const indices = reader.operand(op.attrs.indices ?? '');
  const operand = reader.operand(op.table ?? (op.inputs[0] as string));
  const rank = indices.shape.length;
  const line = read('i', 'Index that was looked up', indices, index.slice(axis, axis + rank));
  const extent = operand.shape[axis] as number;
  const i = line.value < 0n ? Number(line.value) + extent : Number(line.value);
  return { operand, index: [...index.slice(0, axis), i, ...index.slice(axis + rank)], before: [line] };
}
