/**
 * The float form of one integer op: the node that it stands for, fed with the op's own integers as real numbers, and
 * the integer model with some ops replaced so. What the accuracy cost of integer arithmetic is measured against.
 * Law: the float form reads and writes the very tensors that the op does, under the same quantizers.
 */
import type { FloatIsland, IntegerModel, IntOp } from '../ir/integer-model';
import type { CanonicalModel, Node, ValueName } from '../ir/model';
import { sameShape, sizeOf } from '../ir/tensor';
import { familyOf } from '../ops/registry';

/** Nodes by the name of the op that stands for them. */
export function nodesByStem(c: CanonicalModel): ReadonlyMap<string, Node> {
  return new Map(c.model.graph.nodes.map((node) => [c.stems.get(node.id) ?? node.id, node]));
}

/** undefined: the operator has no float rule, or the op's output is not the node's. */
export function floatForm(op: IntOp, node: Node, c: CanonicalModel, model: IntegerModel, before: number): FloatIsland | undefined {
  const family = familyOf(node.op, node.domain);
  const [output] = node.outputs;
  if (!family?.evaluate || output === undefined || !model.values.has(op.output)) return undefined;
  const first = node.inputs.findIndex((n) => n !== undefined && c.constants(n) === undefined);
  const operands = node.inputs.map((name, i) => {
    if (name === undefined) return undefined;
    return c.constants(name) ?? (i === first ? readBy(op, name, model) : name);
  });
  if (operands.some((o) => typeof o === 'string' && !model.values.has(o))) return undefined;
  const whole = node.inputs.flatMap((name, i) => {
    const dtype = name === undefined ? undefined : c.model.graph.values.get(name)?.dtype;
    return name !== undefined && dtype !== undefined && operands[i] === name && model.values.get(name)?.whole
      ? [[name, dtype] as const]
      : [];
  });
  return {
    node: node.id,
    op: node.op,
    reason: 'compared in float',
    output: op.output,
    before,
    // an op may write its integers in another shape than the node does
    source: { ...node, outputs: [op.output as ValueName, ...node.outputs.slice(1)] },
    opset: c.model.opsets[node.domain === 't2c' ? '' : node.domain] ?? c.model.opsets[''] ?? 1,
    operands,
    ...(whole.length === 0 ? {} : { whole: Object.fromEntries(whole) }),
  };
}

/** The activation as the op takes it (requantized, say), in the shape that the node takes. */
function readBy(op: IntOp, name: string, model: IntegerModel): string {
  const wanted = model.values.get(name)?.shape;
  let read = op.inputs[0] ?? name;
  for (;;) {
    const shape = model.values.get(read)?.shape;
    if (!wanted || !shape || sameShape(shape, wanted)) return read;
    const maker = model.ops.find((o) => o.output === read);
    if (maker?.kind !== 'reshape' || maker.inputs[0] === undefined) return name;
    read = maker.inputs[0];
  }
}

/**
 * What an op's output means in real numbers to its reader: a softmax that defers its division gives exponentials, which the
 * product divides by their sum. Takes the array over.
 */
export function asRead(op: IntOp, real: Float32Array, shape: readonly number[]): Float32Array {
  if (op.kind !== 'softmax' || op.softmax.mode !== 'deferred') return real;
  const length = shape[op.softmax.axis] ?? 1;
  const inner = sizeOf(shape.slice(op.softmax.axis + 1));
  for (let r = 0; r < real.length / length; r++) {
    const from = Math.floor(r / inner) * inner * length + (r % inner);
    let sum = 0;
    for (let i = 0; i < length; i++) sum += real[from + i * inner] as number;
    if (sum > 0) for (let i = 0; i < length; i++) real[from + i * inner] = (real[from + i * inner] as number) / sum;
  }
  return real;
}

/** The model with the ops of these forms (by their output) run in float. */
export function withFloatForms(model: IntegerModel, forms: readonly FloatIsland[]): IntegerModel {
  const outputs = new Set(forms.map((f) => f.output));
  const ops = model.ops.filter((op) => !outputs.has(op.output));
  // how many ops that stay come before each old place
  const staying: number[] = [0];
  for (const op of model.ops) staying.push((staying.at(-1) ?? 0) + (outputs.has(op.output) ? 0 : 1));
  const all = [
    ...model.islands.map((island) => ({ island, at: island.before - 0.5 })),
    ...forms.map((island) => ({ island, at: island.before })),
  ];
  const islands = all
    .sort((a, b) => a.at - b.at)
    .map(({ island }): FloatIsland => ({ ...island, before: staying[island.before] ?? ops.length }));
  return { ...model, ops, islands };
}
