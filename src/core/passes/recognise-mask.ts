/**
 * Masks before a softmax become its second input (`t2c:Softmax(x, mask)`, ir/model.ts), so that a masked score has weight
 * exactly 0 and the others are quantized without it: a constant added that is 0 or at most -50 in each element, such a
 * number made of an attention mask (mask-values.ts), Where(mask, x, at most -50). Through reshapes around it, as window
 * attention has them, where the scores have the softmax's shape before them.
 * Law: equal up to exp(-50); a row that is masked altogether becomes 0.
 */
import type { Model, Node, ValueName } from '../ir/model';
import { sameShape, sizeOf, type Tensor } from '../ir/tensor';
import { intAttr } from '../ops/family';
import { spreadTo } from '../ops/strided';
import { floatsOf } from './constants';
import { OWN_DOMAIN } from './fuse-matmul-bias';
import { outputName } from './graph-facts';
import { twoValued, type TwoValued } from './mask-values';
import { Matcher, orders } from './matcher';
import { opsetOf, type Pass } from './pass';
import { Rewriting } from './rewriting';

export const recogniseMask: Pass = { name: 'recognise-mask', run: recognised };

/** A score that is this much lower than another has a weight of less than 2e-22. */
const LOW = -50;
const reshapes: ReadonlySet<string> = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten']);

/** One mask on the way to a softmax: of the scores `x`, with what is masked where. */
interface Mask {
  readonly x: ValueName;
  readonly nodes: readonly Node[];
  /** 1 masks; in the shape of the masked scores. */
  readonly fixed?: Tensor<'uint8'>;
  readonly computed?: TwoValued;
  /** Of a computed mask: does 1 keep? */
  readonly keep?: boolean;
}

function recognised(model: Model): Model {
  const m = new Matcher(model.graph);
  const rewriting = new Rewriting(model);
  const moved = new Map<string, ValueName>();
  for (const node of model.graph.nodes) {
    const axis = node.op === 'Softmax' && node.inputs[1] === undefined ? axisOf(node, model, m) : undefined;
    if (axis === undefined) continue;
    const found = masksOf(node, m);
    if (!found) continue;
    const { x, nodes, fixed, computed, keep } = found;
    const mask = computed ? movedMask(node, computed) : fixed && rewriting.constant(`${outputName(node)}.mask`, narrowed(fixed));
    rewriting.replace(node, {
      op: 'Softmax',
      domain: OWN_DOMAIN,
      inputs: [x, mask],
      attrs: { axis: { type: 'int', value: axis }, ...(keep ? { keep: { type: 'int', value: 1 } } : {}) },
      parts: nodes,
    });
  }
  return rewriting.done();

  /** The mask where its elements lie as those of the scores: what was moved after its arithmetic is moved before. */
  function movedMask(place: Node, { source, moves }: TwoValued): ValueName {
    // broadcasting does what a last Expand does
    const last = moves.findLastIndex(({ node }) => node !== undefined && node.op !== 'Expand');
    const dtype = m.facts.typed(source)?.dtype ?? 'int64';
    let name = source;
    for (const { node, shape } of moves.slice(0, last + 1)) {
      const key = `${name} ${node ? `${node.op} ${outputName(node)}` : shape.join()}`;
      const inserted =
        moved.get(key) ?? rewriting.insert(place, node ? movedBy(node, name) : grown(place, name, shape), `${name}.mask`, { dtype, shape });
      moved.set(key, inserted);
      name = inserted;
    }
    return name;
  }

  function movedBy(node: Node, name: ValueName): Node {
    return { ...node, inputs: [name, ...node.inputs.slice(1)] };
  }

  /** Broadcasting as a node. */
  function grown(place: Node, name: ValueName, shape: readonly number[]): Omit<Node, 'id' | 'outputs'> {
    const to = rewriting.constant(`${name}.shape`, { dtype: 'int64', shape: [shape.length], data: BigInt64Array.from(shape, BigInt) });
    return { op: 'Expand', domain: '', inputs: [name, to], attrs: {}, sources: place.sources };
  }
}

/** The one axis of the softmax, from the end; undefined: it runs over several, as it could before operator set 13. */
function axisOf(node: Node, model: Model, m: Matcher): number | undefined {
  const shape = m.shape(node.inputs[0]) ?? [];
  const single = node.domain === OWN_DOMAIN || opsetOf(model) >= 13;
  const named = intAttr(node, 'axis', single ? -1 : 1);
  const axis = named < 0 ? named + shape.length : named;
  if (single || sizeOf(shape.slice(axis)) === shape[axis]) return axis - shape.length;
  return sizeOf(shape.slice(axis)) === shape.at(-1) ? -1 : undefined;
}

/** All constant masks before a softmax as one, or the one that is computed. */
function masksOf(softmax: Node, m: Matcher): Mask | undefined {
  const shape = m.shape(softmax.inputs[0]);
  let at = softmax.inputs[0];
  let found: Mask | undefined;
  while (at !== undefined && shape) {
    const mask = nearestMask(at, shape, m);
    if (!mask || (found && !mask.fixed)) return found;
    found = { ...mask, nodes: [...mask.nodes, ...(found?.nodes ?? [])], ...both(mask.fixed, found?.fixed) };
    if (!mask.fixed) return found;
    at = mask.x;
  }
  return found;
}

function both(a: Tensor<'uint8'> | undefined, b: Tensor<'uint8'> | undefined): Pick<Mask, 'fixed'> {
  return a ? { fixed: { ...a, data: a.data.map((v, i) => v | (b?.data[i] ?? 0)) } } : {};
}

function nearestMask(at: ValueName, shape: readonly number[], m: Matcher): Mask | undefined {
  const behind = throughReshapes(at, m);
  const node = behind && m.index.producers.get(behind.name);
  const mask = node && node.domain === '' && !node.clamp ? maskAt(node, m) : undefined;
  const masked = node && m.shape(outputName(node));
  if (!behind || !mask || !masked || !sameShape(m.shape(mask.x) ?? [], masked)) return undefined;
  if (behind.nodes.length === 0) return mask;
  // the mask is in the shape between the reshapes: its elements lie as the softmax's do
  const before = mask.fixed && throughReshapes(mask.x, m, shape);
  if (!mask.fixed || !before) return undefined;
  return { x: before.name, fixed: { ...mask.fixed, shape }, nodes: [...before.nodes, ...mask.nodes, ...behind.nodes] };
}

/** Back to where no reshape made the value, or to the first value of this shape. */
function throughReshapes(start: ValueName, m: Matcher, shape?: readonly number[]): { name: ValueName; nodes: readonly Node[] } | undefined {
  const nodes: Node[] = [];
  let name = start;
  for (;;) {
    if (shape && sameShape(m.shape(name) ?? [], shape)) return { name, nodes };
    const node = m.producer(name, ...reshapes);
    const x = node?.inputs[0];
    if (!node || x === undefined) return shape ? undefined : { name, nodes };
    nodes.push(node);
    name = x;
  }
}

function maskAt(node: Node, m: Matcher): Mask | undefined {
  switch (node.op) {
    case 'Add':
      for (const [x, c] of orders(node)) {
        const mask = added(node, x, c, 1, m);
        if (mask) return mask;
      }
      return undefined;
    case 'Sub': {
      const [x, c] = node.inputs;
      return x === undefined || c === undefined ? undefined : added(node, x, c, -1, m);
    }
    case 'Where':
      return chosen(node, m);
    default:
      return undefined;
  }
}

/** x + sign * c, where that is 0 or very low in every element. */
function added(node: Node, x: ValueName, c: ValueName, sign: 1 | -1, m: Matcher): Mask | undefined {
  if (m.facts.constant(x)) return undefined;
  const constant = m.facts.constant(c);
  const data = floatsOf(constant);
  if (constant && data) {
    for (const v of data) if (v !== 0 && !(sign * v <= LOW)) return undefined;
    return {
      x,
      nodes: [node],
      fixed: spreadBits(
        constant.shape,
        Uint8Array.from(data, (v) => (v === 0 ? 0 : 1)),
        node,
        m,
      ),
    };
  }
  const computed = twoValued(m, c);
  if (!computed) return undefined;
  const [zero, one] = computed.at.map((v) => sign * v) as [number, number];
  const isMask = (zero === 0 && one <= LOW) || (one === 0 && zero <= LOW);
  return isMask ? { x, nodes: [...computed.nodes, node], computed, keep: one === 0 } : undefined;
}

/** Where(condition, x, very low), or the other way round. */
function chosen(node: Node, m: Matcher): Mask | undefined {
  const [condition, a, b] = node.inputs;
  if (condition === undefined || a === undefined || b === undefined) return undefined;
  const isLow = (name: ValueName): boolean => (m.uniform(name) ?? 0) <= LOW;
  const keepsTrue = isLow(b);
  const x = keepsTrue ? a : b;
  if (keepsTrue === isLow(a) || m.facts.constant(x)) return undefined;
  const constant = m.facts.constant(condition);
  if (constant && constant.dtype !== 'string') {
    const bits = Uint8Array.from(constant.data as ArrayLike<number>, (v) => ((Number(v) === 0) === keepsTrue ? 1 : 0)); // a condition is bool
    return { x, nodes: [node], fixed: spreadBits(constant.shape, bits, node, m) };
  }
  const computed = twoValued(m, condition);
  if (!computed || (computed.at[0] === 0) === (computed.at[1] === 0)) return undefined;
  return { x, nodes: [...computed.nodes, node], computed, keep: (computed.at[1] !== 0) === keepsTrue };
}

function spreadBits(shape: readonly number[], data: Uint8Array, node: Node, m: Matcher): Tensor<'uint8'> {
  const bits: Tensor<'uint8'> = { dtype: 'uint8', shape, data };
  // of the same type: only spread
  return spreadTo(bits, m.shape(outputName(node)) ?? shape) as Tensor<'uint8'>;
}

/** Extent 1 along every axis along which nothing changes. */
function narrowed(mask: Tensor<'uint8'>): Tensor<'uint8'> {
  let { shape, data } = mask;
  for (let axis = 0; axis < shape.length; axis++) {
    const extent = shape[axis] as number;
    const inner = sizeOf(shape.slice(axis + 1));
    const run = extent * inner;
    if (extent < 2 || data.some((v, i) => v !== data[i - (i % run) + (i % inner)])) continue;
    const from = data;
    data = Uint8Array.from({ length: from.length / extent }, (_, i) => from[Math.floor(i / inner) * run + (i % inner)] as number);
    shape = shape.map((d, i) => (i === axis ? 1 : d));
  }
  return { dtype: 'uint8', shape, data };
}
