/**
 * What the passes that recognise a function in its parts ask of a graph: who makes a value, which constants are one
 * number, what a reduction runs over, whether two values are computed alike. Pure questions; nothing is rewritten here.
 */
import type { Graph, Node, ValueName } from '../ir/model';
import { sizeOf } from '../ir/tensor';
import { intAttr, intsAttr } from '../ops/family';
import { isFloatType, scalarOf } from './constants';
import { factsOf, type GraphFacts } from './graph-facts';
import { indexOf, type GraphIndex } from './graph-index';

/** How many producers deep two values are compared. */
const DEPTH = 4;

export interface Reduction {
  readonly x: ValueName;
  /** Counted from 0, in order. */
  readonly axes: readonly number[];
  readonly keepsRank: boolean;
}

export class Matcher {
  readonly facts: GraphFacts;
  readonly index: GraphIndex;

  constructor(graph: Graph) {
    this.facts = factsOf(graph);
    this.index = indexOf(graph);
  }

  /** The node of one of these ONNX operators that makes the value. */
  producer(name: ValueName | undefined, ...ops: readonly string[]): Node | undefined {
    const node = name === undefined ? undefined : this.index.producers.get(name);
    return node && node.domain === '' && !node.clamp && ops.includes(node.op) && node.outputs[0] === name ? node : undefined;
  }

  shape(name: ValueName | undefined): readonly number[] | undefined {
    return this.facts.typed(name)?.shape;
  }

  /** A constant of one element, any rank. */
  scalar(name: ValueName | undefined): number | undefined {
    const constant = this.facts.constant(name);
    // a large one is not decoded to be counted
    return constant && sizeOf(constant.shape) === 1 ? scalarOf(constant) : undefined;
  }

  /** The number that all elements of a constant are, infinities too. */
  uniform(name: ValueName | undefined): number | undefined {
    const constant = this.facts.constant(name);
    if (constant === undefined || constant.dtype === 'string' || constant.data.length === 0) return undefined;
    const first = Number(constant.data[0]);
    // no text: asked above
    return (constant.data as ArrayLike<number | bigint> & { every(f: (v: number | bigint) => boolean): boolean }).every(
      (v) => Number(v) === first,
    )
      ? first
      : undefined;
  }

  isFloatConstant(name: ValueName | undefined): boolean {
    const constant = this.facts.constant(name);
    return constant !== undefined && isFloatType(constant.dtype);
  }

  /** A reduction of one operator over known axes of a value of known rank. Axes are an input from 18 on (ReduceSum: 13). */
  reduction(name: ValueName | undefined, ...ops: readonly string[]): Reduction | undefined {
    const node = this.producer(name, ...ops);
    const x = node?.inputs[0];
    const rank = this.shape(x)?.length;
    if (!node || x === undefined || rank === undefined) return undefined;
    const given = node.inputs[1] === undefined ? intsAttr(node, 'axes') : this.list(node.inputs[1]);
    if (node.inputs[1] !== undefined && given === undefined) return undefined;
    const all = given === undefined || given.length === 0;
    if (all && intAttr(node, 'noop_with_empty_axes', 0) === 1) return undefined;
    const named = all ? Array.from({ length: rank }, (_, i) => i) : given;
    const axes = [...new Set(named.map((a) => (a < 0 ? a + rank : a)))].sort((a, b) => a - b);
    return { x, axes, keepsRank: intAttr(node, 'keepdims', 1) === 1 };
  }

  /** Number of elements that one result of a reduction is made of. */
  extent(r: Reduction): number {
    const shape = this.shape(r.x) ?? [];
    return sizeOf(r.axes.map((a) => shape[a] as number));
  }

  /** Are two values the same by the way they are computed? */
  same(a: ValueName | undefined, b: ValueName | undefined, depth = DEPTH): boolean {
    if (a === b) return true;
    if (a === undefined || b === undefined) return false;
    const [p, q] = [this.index.producers.get(a), this.index.producers.get(b)];
    if (!p || !q) {
      const [s, t] = [this.scalar(a), this.scalar(b)];
      return !p && !q && s !== undefined && s === t;
    }
    if (depth === 0 || p.op !== q.op || p.domain !== q.domain || p.inputs.length !== q.inputs.length) return false;
    if (p.outputs.indexOf(a) !== q.outputs.indexOf(b) || p.clamp || q.clamp || !sameAttributes(p, q)) return false;
    return p.inputs.every((x, i) => this.same(x, q.inputs[i], depth - 1));
  }

  private list(name: ValueName): number[] | undefined {
    const constant = this.facts.constant(name);
    // axes are whole numbers
    return constant && Array.from(constant.data as ArrayLike<number | bigint>, Number);
  }
}

/** Attributes of plain values; tensors and graphs in them count as different. */
function sameAttributes(p: Node, q: Node): boolean {
  const keys = Object.keys(p.attrs);
  return (
    keys.length === Object.keys(q.attrs).length &&
    keys.every((key) => {
      const [a, b] = [p.attrs[key], q.attrs[key]];
      if (!a || !b || a.type !== b.type || a.type === 'tensor' || a.type === 'graph') return false;
      return JSON.stringify(a.value) === JSON.stringify(b.value);
    })
  );
}

/** Both orders of a node's first two operands. */
export function orders(node: Node): readonly (readonly [ValueName, ValueName])[] {
  const [a, b] = node.inputs;
  return a === undefined || b === undefined
    ? []
    : [
        [a, b],
        [b, a],
      ];
}
