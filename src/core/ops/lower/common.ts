/**
 * Small readers that the integer rules share. They throw `internal` for nodes that shape inference would
 * have refused: a rule sees valid nodes only.
 */
import { StudioError } from '../../base/errors';
import type { Node, ValueName } from '../../ir/model';
import type { QuantInfo } from '../../ir/integer-model';
import type { Tensor } from '../../ir/tensor';
import type { LowerContext, NodeView } from '../lowering';

export function inputOf(node: Node, i: number): ValueName {
  const name = node.inputs[i];
  if (name === undefined) throw broken(node, `input ${i} is missing`);
  return name;
}

export function outputOf(node: Node, i = 0): ValueName {
  const name = node.outputs[i];
  if (name === undefined) throw broken(node, `output ${i} is missing`);
  return name;
}

export function broken(node: Node, what: string): StudioError {
  return new StudioError({ code: 'internal', what: `A node is not valid: ${what}`, where: { node: node.id, op: node.op } });
}

/** The constant behind input i, if there is one. */
export function constantInput(node: Node, i: number, view: NodeView): Tensor | undefined {
  const name = node.inputs[i];
  return name === undefined ? undefined : view.constant(name);
}

/** Is input i there and not a constant? */
export function isActivation(node: Node, i: number, view: NodeView): boolean {
  const name = node.inputs[i];
  return name !== undefined && view.constant(name) === undefined;
}

/** Elements of a constant as numbers. */
export function numbers(t: Tensor): number[] {
  return Array.from(t.data as ArrayLike<number | bigint>, Number);
}

/** The only element of a constant, undefined where it has several. */
export function scalar(t: Tensor | undefined): number | undefined {
  if (t === undefined) return undefined;
  const all = numbers(t);
  return all.length === 1 ? all[0] : undefined;
}

/** Scale of a tensor's quantizer; activations have one. */
export function scaleOf(q: QuantInfo): number {
  return q.scale[0] as number;
}

/** max |q - z| over the range. */
export function magnitudeOf(q: QuantInfo): number {
  return Math.max(q.hi - q.zeroPoint, q.zeroPoint - q.lo);
}

/** Declares the int32 accumulator `<stem>_y`; returns its name. */
export function declareAccumulator(ctx: LowerContext, stem: string, shape: readonly number[]): string {
  return ctx.addValue({ name: `${stem}_y`, dtype: 'int32', shape, quant: undefined });
}

/** Name and source of the op that stands for the node, in the form every op has. */
export function opBase(node: Node, ctx: LowerContext, inputs: readonly string[], macs = 0) {
  return { name: ctx.stem(node), source: node.sources, inputs, output: outputOf(node) as string, macs };
}
