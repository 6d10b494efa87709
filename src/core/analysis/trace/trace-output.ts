/**
 * Where one element of an op's output comes from, in integers: a second reading of every op, from the formulas of
 * docs/ARCHITECTURE.md, with BigInt and nothing of the executor. Law: the last line is the element that the executor gives;
 * the tests hold it for every element of every kind of op.
 */
import { StudioError } from '../../base/errors';
import type { IntegerModel, IntOp, IntTensor } from '../../ir/integer-model';
import { traceAdd, traceLut, traceMul, traceRequant, traceWhere } from './elementwise';
import { traceConv, traceMatMul, type Body } from './linear';
import { traceMove } from './move';
import { traceLayerNorm, traceSoftmax } from './normalization';
import { positionOf } from '../../ir/places';
import { readerOf, type Operand, type Reader } from './reader';
import type { Trace } from './types';
import { tracePool, traceReduce } from './window';

/** `tensors`: the activations of one sample. Throws `bad-usage` for an op or an index that is not there. */
export function traceOutput(model: IntegerModel, tensors: ReadonlyMap<string, IntTensor>, name: string, index: readonly number[]): Trace {
  const op = model.ops.find((o) => o.name === name);
  if (!op) throw new StudioError({ code: 'bad-usage', what: 'The integer model has no such op', got: name });
  const reader = readerOf(model, tensors);
  const output = reader.operand(op.output);
  const { shape } = output;
  const inside = index.length === shape.length && index.every((v, i) => Number.isInteger(v) && v >= 0 && v < (shape[i] as number));
  if (!inside) {
    throw new StudioError({
      code: 'bad-usage',
      what: 'The output has no such element',
      expected: shape.length === 0 ? 'no index, the output is one number' : `${shape.length} indices below ${shape.join(', ')}`,
      got: index.join(', ') || 'no index',
      where: { node: name },
    });
  }
  return {
    op: op.name,
    kind: op.kind,
    output: op.output,
    shape,
    index,
    position: positionOf(index, shape),
    ...bodyOf(op, index, reader, output),
  };
}

function bodyOf(op: IntOp, index: readonly number[], reader: Reader, output: Operand): Body {
  switch (op.kind) {
    case 'conv':
      return traceConv(op, index, reader, output);
    case 'gemm':
    case 'matmul':
      return traceMatMul(op, index, reader, output);
    case 'add':
    case 'sub':
      return traceAdd(op, index, reader, output);
    case 'mul':
      return traceMul(op, index, reader, output);
    case 'lut':
      return traceLut(op, index, reader);
    case 'requant':
      return traceRequant(op, index, reader, output);
    case 'pool':
      return tracePool(op, index, reader, output);
    case 'reduce':
      return traceReduce(op, index, reader, output);
    case 'softmax':
      return traceSoftmax(op, index, reader, output);
    case 'layernorm':
      return traceLayerNorm(op, index, reader, output);
    case 'where':
      return traceWhere(op, index, reader);
    case 'reshape':
    case 'transpose':
    case 'concat':
    case 'slice':
    case 'pad':
    case 'expand':
    case 'gather':
      return traceMove(op, index, reader, output);
    default:
      return op satisfies never;
  }
}
