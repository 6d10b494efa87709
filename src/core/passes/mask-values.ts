/**
 * What exporters compute of an attention mask on its way to the scores: a value whose every element is one of two
 * numbers, by whether the mask has 0 or 1 there, through Cast, arithmetic with numbers, comparisons, Where and moves
 * ((1 - mask) * -10000; mask == 0; Where(Not(mask), -inf, 0)). The mask is whole numbers of the model's inputs; whether
 * they are 0 and 1 only, nobody can read off a graph, but an input that is looked up by is none.
 */
import type { Node, ValueName } from '../ir/model';
import { sameShape } from '../ir/tensor';
import { dtypeAttr } from '../ops/cast';
import { isFloatType } from './constants';
import { outputName } from './graph-facts';
import type { Matcher } from './matcher';

/** A move of elements: a node of the graph, or what broadcasting in arithmetic does. */
export interface Move {
  readonly node: Node | undefined;
  readonly shape: readonly number[];
}

export interface TwoValued {
  /** The mask, 0 or 1, bool or whole numbers. */
  readonly source: ValueName;
  /** The element where the mask is 0, and where it is 1. */
  readonly at: readonly [number, number];
  /** Moves of the elements between the mask and the value, first to last. */
  readonly moves: readonly Move[];
  /** Everything between, moves too. */
  readonly nodes: readonly Node[];
}

const moving: ReadonlySet<string> = new Set(['Reshape', 'Unsqueeze', 'Squeeze', 'Flatten', 'Transpose', 'Expand', 'Identity']);
const DEPTH = 16;

type Operand = Pick<TwoValued, 'at' | 'nodes'> & Partial<TwoValued>;

const of =
  (f: (a: number, b: number) => number | boolean) =>
  (...x: readonly number[]): number =>
    Number(f(x[0] as number, x[1] as number)); // called with as many operands as it takes

/** Elementwise functions by operator. */
const functions: Readonly<Record<string, (...x: readonly number[]) => number>> = {
  Not: of((a) => a === 0),
  Neg: of((a) => -a),
  Add: of((a, b) => a + b),
  Sub: of((a, b) => a - b),
  Mul: of((a, b) => a * b),
  Div: of((a, b) => a / b),
  Equal: of((a, b) => a === b),
  Greater: of((a, b) => a > b),
  GreaterOrEqual: of((a, b) => a >= b),
  Less: of((a, b) => a < b),
  LessOrEqual: of((a, b) => a <= b),
  And: of((a, b) => a !== 0 && b !== 0),
  Or: of((a, b) => a !== 0 || b !== 0),
  Where: (...[c, a, b]) => (c === 0 ? b : a) as number, // three operands
};

/** undefined: the value is not computed from one mask so. */
export function twoValued(m: Matcher, name: ValueName | undefined, depth = DEPTH): TwoValued | undefined {
  if (name === undefined || depth === 0 || m.facts.constant(name)) return undefined;
  if (isMask(m, name)) return { source: name, at: [0, 1], moves: [], nodes: [] };
  const node = m.index.producers.get(name);
  if (!node || node.domain !== '' || node.clamp) return undefined;
  if (moving.has(node.op)) {
    const inner = twoValued(m, node.inputs[0], depth - 1);
    return inner && { ...inner, moves: [...inner.moves, { node, shape: m.shape(name) ?? [] }], nodes: [...inner.nodes, node] };
  }
  const f = node.op === 'Cast' ? castOf(node) : functions[node.op];
  if (!f) return undefined;
  const operands = node.inputs.map((input): Operand | undefined => {
    const number = m.uniform(input);
    return number === undefined ? twoValued(m, input, depth - 1) : { at: [number, number], nodes: [] };
  });
  const known = operands.filter((o) => o !== undefined);
  const [mask] = known.filter((o) => o.source !== undefined);
  if (known.length !== operands.length || mask?.source === undefined || mask.moves === undefined) return undefined;
  const { source, moves } = mask;
  // two ways from one mask must move it alike
  if (known.some((o) => o.source !== undefined && (o.source !== source || !sameMoves(o.moves ?? [], moves)))) return undefined;
  const at = (i: 0 | 1): number => f(...known.map((o) => o.at[i]));
  const shape = m.shape(name) ?? [];
  const grown = sameShape(moves.at(-1)?.shape ?? m.shape(source) ?? [], shape) ? moves : [...moves, { node: undefined, shape }];
  return { source, moves: grown, at: [at(0), at(1)], nodes: [...known.flatMap((o) => o.nodes), node] };

  /** One node, or two that leave the order of the elements alone and give the same shape. */
  function sameMoves(a: readonly Move[], b: readonly Move[]): boolean {
    const isAlike = (p: Move, q: Move | undefined): boolean =>
      q !== undefined && sameShape(p.shape, q.shape) && p.node?.op === q.node?.op && p.node?.op !== 'Transpose';
    return a.length === b.length && a.every((p, i) => (p.node !== undefined && p.node === b[i]?.node) || isAlike(p, b[i]));
  }
}

function castOf(node: Node): (...x: readonly number[]) => number {
  const to = dtypeAttr(node, 'to', 'float32');
  if (to === 'bool') return of((a) => a !== 0);
  return isFloatType(to) ? of((a) => a) : of((a) => Math.trunc(a));
}

/** Whole numbers that come from an input of the model by moves and Casts, and that nothing is looked up by. */
function isMask(m: Matcher, name: ValueName): boolean {
  const dtype = m.facts.typed(name)?.dtype;
  if (dtype === undefined || isFloatType(dtype) || dtype === 'string') return false;
  const node = m.index.producers.get(name);
  if (!node) return !isIndex(m, name);
  return node.domain === '' && (moving.has(node.op) || node.op === 'Cast') && node.inputs[0] !== undefined && isMask(m, node.inputs[0]);
}

function isIndex(m: Matcher, name: ValueName): boolean {
  return (m.index.readers.get(name) ?? []).some((n) => {
    if (n.op.startsWith('Gather') || n.op.startsWith('Embed')) return true;
    return (moving.has(n.op) || n.op === 'Cast') && n.inputs[0] === name && isIndex(m, outputName(n));
  });
}
