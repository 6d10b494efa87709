/**
 * Which nodes hand their first input on unchanged, once shapes are static and floats are one type. Pure question;
 * the answer is about values, so a node is a no-op only if every element stays where it is.
 */
import type { Node, ValueName } from '../ir/model';
import { sameShape } from '../ir/tensor';
import { intAttr, intsAttr, stringAttr } from '../ops/family';
import { scalarOf } from './constants';
import type { GraphFacts } from './graph-facts';

/** The input whose elements the node's one used output is, or undefined. */
export function passedInput(node: Node, facts: GraphFacts): ValueName | undefined {
  if (node.domain !== '') return undefined;
  const output = node.outputs[0];
  const x = node.inputs[0];
  const from = x === undefined ? undefined : facts.typed(x);
  const to = output === undefined ? undefined : facts.typed(output);
  if (x === undefined || !from || !to || from.dtype !== to.dtype || !sameShape(from.shape, to.shape)) {
    return passedOperand(node, facts);
  }
  switch (node.op) {
    case 'Identity':
    case 'Cast':
    case 'CastLike':
    case 'Reshape':
    case 'Flatten':
    case 'Squeeze':
    case 'Unsqueeze':
    case 'Expand':
    case 'Tile':
      return x;
    case 'Dropout':
      return scalarOf(facts.constant(node.inputs[2])) === 1 ? undefined : x;
    case 'Transpose':
      return keepsOrder(intsAttr(node, 'perm'), from.shape) ? x : undefined;
    case 'Slice':
      return steps(node, facts).every((s) => s > 0) ? x : undefined;
    case 'Pad':
      return pads(node, facts)?.every((p) => p === 0) === true ? x : undefined;
    case 'Concat':
    case 'Split':
    case 'Sum':
    case 'Mean':
    case 'Max':
    case 'Min':
      return node.inputs.filter((i) => i !== undefined).length === 1 || node.op === 'Split' ? x : undefined;
    case 'MaxPool':
    case 'AveragePool':
      return isPointWindow(node) ? x : undefined;
    case 'GlobalAveragePool':
    case 'GlobalMaxPool':
    case 'ReduceMean':
    case 'ReduceMax':
    case 'ReduceMin':
    case 'ReduceSum':
      return x;
    case 'Resize':
    case 'Upsample':
      return stringAttr(node, 'coordinate_transformation_mode', 'half_pixel') === 'tf_crop_and_resize' ? undefined : x;
    default:
      return passedOperand(node, facts);
  }
}

/** x + 0, 0 + x, x - 0, x * 1, 1 * x, x / 1: the constant must not broadcast x to a larger shape. */
function passedOperand(node: Node, facts: GraphFacts): ValueName | undefined {
  const neutral = { Add: 0, Sub: 0, Mul: 1, Div: 1 }[node.op];
  const [a, b] = node.inputs;
  const output = node.outputs[0];
  if (neutral === undefined || a === undefined || b === undefined || output === undefined) return undefined;
  const is = (x: ValueName, c: ValueName): boolean => {
    const [from, to, constant] = [facts.typed(x), facts.typed(output), facts.constant(c)];
    if (!from || !to || !constant || constant.dtype === 'string' || !sameShape(from.shape, to.shape)) return false;
    const data = constant.data as ArrayLike<number | bigint>; // no text: asked above
    for (let i = 0; i < data.length; i++) if (Number(data[i]) !== neutral) return false;
    return data.length > 0;
  };
  if (is(a, b)) return a;
  return (node.op === 'Add' || node.op === 'Mul') && is(b, a) ? b : undefined;
}

/** Does a permutation only move axes of extent 1 (so that no element moves)? */
export function keepsOrder(perm: readonly number[] | undefined, shape: readonly number[]): boolean {
  const order = perm ?? shape.map((_, i) => shape.length - 1 - i);
  const moved = order.filter((axis) => shape[axis] !== 1);
  return moved.every((axis, i) => i === 0 || axis > (moved[i - 1] as number));
}

function listOf(node: Node, facts: GraphFacts, i: number, attribute: string): readonly number[] | undefined {
  const t = facts.constant(node.inputs[i]);
  if (t !== undefined) return Array.from(t.data as ArrayLike<number>, Number);
  return node.inputs[i] === undefined ? intsAttr(node, attribute) : undefined;
}

/** Slice of an unchanged shape is the whole tensor unless it runs backwards. */
function steps(node: Node, facts: GraphFacts): readonly number[] {
  if (node.inputs[4] === undefined) return [1];
  return listOf(node, facts, 4, 'steps') ?? [-1];
}

function pads(node: Node, facts: GraphFacts): readonly number[] | undefined {
  return listOf(node, facts, 1, 'pads') ?? intsAttr(node, 'paddings');
}

/** A window of one element that moves by one: AdaptiveAvgPool to the size that is there already. */
function isPointWindow(node: Node): boolean {
  const ones = (name: string): boolean => (intsAttr(node, name) ?? []).every((v) => v === 1);
  const window = intsAttr(node, 'kernel_shape');
  const noPads = (intsAttr(node, 'pads') ?? []).every((v) => v === 0);
  return (
    window !== undefined &&
    ones('kernel_shape') &&
    ones('strides') &&
    noPads &&
    node.outputs.length === 1 &&
    intAttr(node, 'storage_order', 0) === 0
  );
}
