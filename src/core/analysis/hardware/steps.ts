/**
 * The integer model as a schedule: one op (or float island) at a time, in the model's order, with the activations it reads
 * and writes and the constants it needs. A reshape moves nothing: its output is the same buffer.
 */
import type { IntegerModel, IntOp, IntValue } from '../../ir/integer-model';
import { storageBits } from '../../ir/int-tensor';
import { sizeOf } from '../../ir/tensor';
import type { Packing, Sizes } from './types';

export interface Step {
  readonly id: string;
  readonly kind: string;
  readonly op: IntOp | undefined;
  /** Buffers, each once. */
  readonly reads: readonly string[];
  readonly writes: string;
  readonly weights: readonly string[];
  readonly tables: readonly string[];
  /** A product of two activations: they are read like inputs and weights of a layer. */
  readonly pair: boolean;
  /** Only rows of this constant are read: as many bytes as are written. */
  readonly rowsOf: string | undefined;
}

/** Islands as a model or a manifest names them. */
export interface IslandStep {
  readonly node: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly before: number;
}

export interface Schedule {
  readonly model: IntegerModel;
  readonly steps: readonly Step[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Bytes of a buffer or constant. */
  sizes(name: string): Sizes;
}

export function sizesOf(value: IntValue): Sizes {
  const elements = sizeOf(value.shape);
  const stored = storageBits(value.dtype);
  return { packed: Math.ceil((elements * (value.quant?.bits ?? stored)) / 8), stored: (elements * stored) / 8 };
}

export const nothing: Sizes = { packed: 0, stored: 0 };
export const plus = (a: Sizes, b: Sizes): Sizes => ({ packed: a.packed + b.packed, stored: a.stored + b.stored });
export const bytesIn = (sizes: Sizes, packing: Packing): number => sizes[packing];

export function islandsOfModel(model: IntegerModel): IslandStep[] {
  return model.islands.map(({ node, operands, output, before }) => ({
    node,
    inputs: operands.filter((o): o is string => typeof o === 'string'),
    output,
    before,
  }));
}

export function scheduleOf(model: IntegerModel, islands: readonly IslandStep[] = islandsOfModel(model)): Schedule {
  const buffers = new Map<string, string>();
  const bufferOf = (name: string): string => buffers.get(name) ?? name;
  const steps: Step[] = [];
  const once = (names: readonly string[]): string[] => [...new Set(names.filter((n) => model.values.has(n)).map(bufferOf))];
  for (let i = 0; i <= model.ops.length; i++) {
    for (const island of islands) {
      if (island.before !== i) continue;
      const { node, inputs, output } = island;
      steps.push({
        id: node,
        kind: 'float',
        op: undefined,
        reads: once(inputs),
        writes: output,
        weights: [],
        tables: [],
        pair: false,
        rowsOf: undefined,
      });
    }
    const op = model.ops[i];
    if (!op) break;
    const reads = once(op.inputs);
    if (op.kind === 'reshape') buffers.set(op.output, bufferOf(op.inputs[0] as string));
    const { weights, tables } = constantsOf(op, model);
    steps.push({
      id: op.name,
      kind: op.kind,
      op,
      reads,
      writes: bufferOf(op.output),
      weights,
      tables,
      pair: (op.kind === 'matmul' || op.kind === 'gemm') && op.weight === undefined,
      rowsOf: op.kind === 'gather' ? op.table : undefined,
    });
  }
  return {
    model,
    steps,
    inputs: once(model.inputs),
    outputs: once(model.outputs),
    sizes(name) {
      const value = model.values.get(name) ?? model.constants.get(name);
      return value ? sizesOf(value) : nothing;
    },
  };
}

/** Of an op, each once: what was trained, and what the converter made. */
function constantsOf(op: IntOp, model: IntegerModel): { readonly weights: readonly string[]; readonly tables: readonly string[] } {
  const known = (names: readonly (string | undefined)[]): string[] => [
    ...new Set(names.filter((n): n is string => n !== undefined && model.constants.has(n))),
  ];
  const requant = 'requant' in op && op.requant ? [op.requant.mul, op.requant.shift, op.requant.rowMul] : [];
  switch (op.kind) {
    case 'conv':
    case 'gemm':
    case 'matmul':
      return { weights: known([op.weight, op.bias]), tables: known(requant) };
    case 'add':
    case 'sub':
    case 'mul':
      return { weights: known(op.operands), tables: known(requant) };
    case 'where':
      return { weights: known(op.operands), tables: known([op.condition]) };
    case 'concat':
      return { weights: known(op.operands ?? []), tables: [] };
    case 'lut':
      return { weights: [], tables: known([op.lut.table]) };
    case 'pool':
      return { weights: [], tables: known([...requant, op.index]) };
    case 'softmax':
      return { weights: [], tables: known([op.softmax.table, op.softmax.mask]) };
    case 'layernorm':
      return { weights: known([op.layernorm.G, op.layernorm.H]), tables: [] };
    case 'gather':
      return { weights: known([op.table]), tables: known([op.attrs.indices]) };
    case 'reduce':
    case 'requant':
      return { weights: [], tables: known(requant) };
    case 'reshape':
    case 'transpose':
    case 'slice':
    case 'pad':
    case 'expand':
      return { weights: [], tables: [] };
    default:
      return op satisfies never;
  }
}
