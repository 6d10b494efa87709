/**
 * What is inside an op that no multiplier shows: the table of a softmax and how far its rows are from 1, the widths and
 * gains of a layer normalization, a function beside its table, the rows of an embedding. Plain data for the inspector.
 */
import type { Tensors } from '../integer/execute/tensors';
import { rowSums } from '../integer/softmax-report';
import type { IntegerModel, IntOp, LutOp } from '../ir/integer-model';
import type { CanonicalModel, Node } from '../ir/model';
import { familyOf } from '../ops/registry';
import type { FunctionView } from './types';

export function functionView(
  op: IntOp,
  node: Node | undefined,
  c: CanonicalModel,
  model: IntegerModel,
  tensors: Tensors,
): FunctionView | undefined {
  switch (op.kind) {
    case 'softmax': {
      const input = model.values.get(op.inputs[0] ?? '');
      const { pb, mode, axis, mask } = op.softmax;
      const masked = mask === undefined ? undefined : (tensors.get(mask)?.data ?? model.constants.get(mask)?.data);
      return {
        kind: 'softmax',
        table: numbersOf(model, op.softmax.table),
        inputScale: input?.quant?.scale[0] ?? 1,
        inputBits: input?.quant?.bits ?? 0,
        row: input?.shape[axis] ?? 0,
        pb,
        mode,
        ...rowSums(op, tensors, model),
        mask:
          mask === undefined || !masked
            ? undefined
            : { name: originOf(mask, model), constant: model.constants.has(mask), share: shareOfOnes(masked) },
      };
    }
    case 'layernorm': {
      const { C, k, f, t, E, rms, mode, shift, bound, boundBits, zeroPoint, lo, hi, G, H } = op.layernorm;
      const [gain, offset] = [numbersOf(model, G), numbersOf(model, H)];
      return { kind: 'layernorm', C, k, f, t, E, rms, mode, shift, bound, boundBits, zeroPoint, lo, hi, gain, offset };
    }
    case 'lut':
      return tableView(op, node, c, model);
    case 'gather': {
      const table = op.table === undefined ? undefined : model.constants.get(op.table);
      const read = tensors.get(op.inputs[0] ?? '')?.data;
      if (!table || !read) return undefined;
      const used = new Set(Array.from<number | bigint, number>(read, Number));
      return { kind: 'embedding', rows: table.shape[0] ?? 0, width: table.shape.slice(1).reduce((a, b) => a * b, 1), used: used.size };
    }
    default:
      return undefined;
  }
}

function tableView(op: LutOp, node: Node | undefined, c: CanonicalModel, model: IntegerModel): FunctionView | undefined {
  const [qx, qy] = [model.values.get(op.inputs[0] ?? '')?.quant, model.values.get(op.output)?.quant];
  if (!qx || !qy) return undefined;
  const entries = numbersOf(model, op.lut.table);
  const [sx, sy] = [qx.scale[0] ?? 1, qy.scale[0] ?? 1];
  const x = entries.map((_, i) => sx * (op.lut.offset + i - qx.zeroPoint));
  return {
    kind: 'table',
    fn: op.lut.fn,
    offset: op.lut.offset,
    entries,
    x,
    y: entries.map((q) => sy * (q - qy.zeroPoint)),
    outputScale: sy,
    real: node && functionOf(node, c, x),
  };
}

/** The float function at these places; undefined where the operator has none or a place of its own for each element. */
function functionOf(node: Node, c: CanonicalModel, x: readonly number[]): readonly number[] | undefined {
  const family = familyOf(node.op, node.domain);
  if (!family?.evaluate) return undefined;
  const shape = [x.length];
  const inputs = node.inputs.map((name) => {
    const constant = name === undefined ? undefined : c.constants(name);
    return name === undefined ? undefined : (constant ?? { dtype: 'float32' as const, shape, data: Float32Array.from(x) });
  });
  const [result] = family.evaluate({ node, opset: c.model.opsets[''] ?? 1, inputs, outputs: [{ dtype: 'float32', shape }] });
  if (!(result?.data instanceof Float32Array) || result.data.length !== x.length) return undefined;
  const { clamp } = node;
  return Array.from(result.data, (v) => (clamp ? Math.min(clamp.hi, Math.max(clamp.lo, v)) : v));
}

function numbersOf(model: IntegerModel, name: string): number[] {
  return Array.from<number | bigint, number>(model.constants.get(name)?.data ?? [], Number);
}

/** The model's input behind a mask that was only moved and inverted. */
function originOf(name: string, model: IntegerModel): string {
  for (let at = name; ;) {
    const maker = model.ops.find((op) => op.output === at);
    if (!maker) return at;
    if (maker.inputs.length !== 1) return name;
    at = maker.inputs[0] as string;
  }
}

function shareOfOnes(data: ArrayLike<number | bigint>): number {
  let ones = 0;
  for (let i = 0; i < data.length; i++) if (data[i] == 1) ones++;
  return data.length === 0 ? 0 : ones / data.length;
}
