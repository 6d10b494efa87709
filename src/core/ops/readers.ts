/**
 * What shape rules read: inputs that must be there, axes that may be negative, lists that older opsets keep in an
 * attribute and newer ones in a constant input. Each throws by name: `bad-shape` for what contradicts itself,
 * `dynamic-shape` for a shape that depends on data.
 */
import { StudioError } from '../base/errors';
import type { Node } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import { intsAttr, type FloatInput, type ShapeInput, type TypedShape } from './family';
import { numbers } from './lower/common';

export function badShape(node: Node, expected: string, got: string | readonly number[]): StudioError {
  return new StudioError({
    code: 'bad-shape',
    what: 'Shapes contradict each other',
    expected,
    got: typeof got === 'string' ? got : `[${got.join(', ')}]`,
    where: { node: node.id, op: node.op },
  });
}

export function badAttribute(node: Node, expected: string, got: string): StudioError {
  return new StudioError({
    code: 'bad-attribute',
    what: 'An attribute has no such value',
    expected,
    got,
    where: { node: node.id, op: node.op },
  });
}

/** A float rule of these inputs as its shape rule sees it: everything is constant. */
export function shapesOf(f: FloatInput): ShapeInput {
  return { node: f.node, opset: f.opset, inputs: f.inputs, constant: (i) => f.inputs[i] };
}

export function inputAt(s: Pick<ShapeInput, 'node' | 'inputs'>, i: number): TypedShape {
  const x = s.inputs[i];
  if (x === undefined) throw badShape(s.node, `an input ${i}`, 'none');
  return x;
}

/** The type and shape of input 0: what elementwise operators give. */
export function likeFirst(s: Pick<ShapeInput, 'node' | 'inputs'>): TypedShape {
  const { dtype, shape } = inputAt(s, 0);
  return { dtype, shape };
}

export function tensorAt(f: FloatInput, i: number): Tensor {
  const x = f.inputs[i];
  if (x === undefined) throw badShape(f.node, `an input ${i}`, 'none');
  return x;
}

/** Input i, which decides a shape. undefined: the node has no such input. */
export function constantAt(s: ShapeInput, i: number): Tensor | undefined {
  if (s.inputs[i] === undefined) return undefined;
  const t = s.constant(i);
  if (t !== undefined) return t;
  const value = s.node.inputs[i];
  throw new StudioError({
    code: 'dynamic-shape',
    what: 'A shape depends on a tensor that is computed from data',
    where: { node: s.node.id, op: s.node.op, ...(value === undefined ? {} : { value }) },
  });
}

/** Whole numbers from constant input i (newer opsets) or an attribute (older ones); undefined: neither is there. */
export function listAt(s: ShapeInput, i: number, attribute: string): readonly number[] | undefined {
  const t = constantAt(s, i);
  return t === undefined ? intsAttr(s.node, attribute) : numbers(t);
}

/** An axis of a tensor of this rank, counted from the front. */
export function axisOf(node: Node, axis: number, rank: number): number {
  const from = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(from) || from < 0 || from >= rank) throw badShape(node, `an axis of ${rank}`, `axis ${axis}`);
  return from;
}

export function axesOf(node: Node, axes: readonly number[], rank: number): number[] {
  const all = axes.map((a) => axisOf(node, a, rank));
  if (new Set(all).size !== all.length) throw badShape(node, 'different axes', axes);
  return all;
}

/** 0, 1, ..., n - 1. */
export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
