/**
 * Masks before a softmax become its second input (`t2c:Softmax(x, mask)`, ir/model.ts), so that a masked score has weight
 * exactly 0 and the others are quantized without it: a constant added that is 0 or at most -50 in each element, such a
 * number made of an attention mask (mask-values.ts; mask-probe.ts for all other ways to make one), Where(mask, x, at most
 * -50). Through reshapes around it, as window attention has them, where the scores have the softmax's shape before them.
 * Constant masks and one that is computed may come together: what a constant says holds whatever the other one says.
 * Law: equal up to exp(-50); a row that is masked altogether becomes 0.
 */
import type { Model, Node, ValueName } from '../ir/model';
import { sameShape, sizeOf, type Tensor } from '../ir/tensor';
import { intAttr } from '../ops/family';
import { spreadTo } from '../ops/strided';
import { floatsOf } from './constants';
import { OWN_DOMAIN } from './fuse-matmul-bias';
import { outputName } from './graph-facts';
import { ALWAYS, NEVER, type Probed } from './mask-probe';
import { elements, LOW, narrowedPlaces, prober, spreadPlaces, type Prober } from './mask-places';
import { twoValued, type TwoValued } from './mask-values';
import { Matcher, orders } from './matcher';
import { opsetOf, type Pass } from './pass';
import { Rewriting } from './rewriting';

export const recogniseMask: Pass = { name: 'recognise-mask', run: recognised };

const reshapes: ReadonlySet<string> = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten']);

/** One mask on the way to a softmax: of the scores `x`, with what is masked where. */
interface Mask {
  readonly x: ValueName;
  readonly nodes: readonly Node[];
  /** 1 masks; in the shape of the masked scores. */
  readonly fixed?: Tensor<'uint8'>;
  readonly computed?: TwoValued | Probed;
  /** Of a computed mask: does 1 keep? */
  readonly keep?: boolean;
  /** The computed mask by its elements, where reshapes lie behind it. */
  readonly again?: () => Probed | undefined;
}

function recognised(model: Model): Model {
  const m = new Matcher(model.graph);
  const rewriting = new Rewriting(model);
  const moved = new Map<string, ValueName>();
  const probed: Prober = prober(model, m);
  for (const node of model.graph.nodes) {
    const axis = node.op === 'Softmax' && node.inputs[1] === undefined ? axisOf(node, model, m) : undefined;
    if (axis === undefined) continue;
    const found = masksOf(node, m, probed);
    if (!found) continue;
    const { x, nodes, fixed, computed, keep } = found;
    const constant = (bits: Tensor<'uint8'> | undefined, label: string): ValueName | undefined =>
      bits?.data.includes(1) === true ? rewriting.constant(`${outputName(node)}.${label}`, narrowed(bits)) : undefined;
    const masks = computed
      ? 'places' in computed
        ? [
            placedMask(node, computed),
            constant(either(fixed, elements(computed, ALWAYS)), 'mask'),
            constant(elements(computed, NEVER), 'kept'),
          ]
        : [movedMask(node, computed), constant(fixed, 'mask')]
      : [constant(fixed, 'mask')];
    if (masks[0] === undefined) continue;
    rewriting.replace(node, {
      op: 'Softmax',
      domain: OWN_DOMAIN,
      inputs: [x, ...masks.slice(0, masks.findLastIndex((n) => n !== undefined) + 1)],
      attrs: { axis: { type: 'int', value: axis }, ...(keep === true ? { keep: { type: 'int', value: 1 } } : {}) },
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

  /** The elements of the source where the scores have them. */
  function placedMask(place: Node, found: Probed): ValueName {
    const key = `${found.source} ${found.threshold} ${found.shape.join()} ${found.places.join()}`;
    const known = moved.get(key);
    if (known !== undefined) return known;
    let name = found.source;
    let type = m.facts.typed(name) ?? { dtype: 'bool' as const, shape: [] };
    const insert = (op: string, inputs: Node['inputs'], shape: readonly number[]): void => {
      const own = { op, domain: '', inputs, attrs: {}, sources: place.sources };
      name = rewriting.insert(place, own, `${found.source}.mask`, { dtype: type.dtype, shape });
    };
    const list = (values: readonly number[], shape: readonly number[], label: string): ValueName =>
      rewriting.constant(`${found.source}.${label}`, { dtype: 'int64', shape, data: BigInt64Array.from(values, BigInt) });
    if (found.threshold !== undefined) {
      const bound = rewriting.constant(`${name}.bound`, { dtype: 'float32', shape: [], data: Float32Array.of(found.threshold) });
      const { shape } = type;
      type = { dtype: 'bool', shape };
      insert('Less', [name, bound], shape);
    }
    const { places, shape } = narrowedPlaces(found);
    if (places.length === sizeOf(type.shape) && places.every((at, i) => at === i)) {
      if (!sameShape(shape, type.shape)) insert('Reshape', [name, list(shape, [shape.length], 'shape')], shape);
    } else {
      const line = sizeOf(type.shape);
      if (type.shape.length !== 1) insert('Reshape', [name, list([line], [1], 'line')], [line]);
      insert('Gather', [name, list(places, shape, 'places')], shape);
    }
    moved.set(key, name);
    return name;
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
function masksOf(softmax: Node, m: Matcher, probed: Prober): Mask | undefined {
  const shape = m.shape(softmax.inputs[0]);
  let at = softmax.inputs[0];
  let found: Mask | undefined;
  while (at !== undefined && shape) {
    const mask = nearestMask(at, shape, m, probed);
    // one of them may be computed
    if (!mask || (found?.computed && mask.computed)) return found;
    const fixed = either(mask.fixed, found?.fixed);
    found = {
      ...(found?.computed ? { computed: found.computed, keep: found.keep === true } : {}),
      ...mask,
      nodes: [...mask.nodes, ...(found?.nodes ?? [])],
      ...(fixed ? { fixed } : {}),
    };
    at = mask.x;
  }
  return found;
}

/** 1 where one of them has it; both have the shape of the scores. */
function either(a: Tensor<'uint8'> | undefined, b: Tensor<'uint8'> | undefined): Tensor<'uint8'> | undefined {
  if (!a || !b) return a ?? b;
  const [wide, other] = sizeOf(a.shape) >= sizeOf(b.shape) ? [a, b] : [b, a];
  const spread = spreadTo(other, wide.shape) as Tensor<'uint8'>; // of the same type: only spread
  return { ...wide, data: wide.data.map((v, i) => v | (spread.data[i] as number)) };
}

function nearestMask(at: ValueName, shape: readonly number[], m: Matcher, probed: Prober): Mask | undefined {
  const behind = throughReshapes(at, m);
  const node = behind && m.index.producers.get(behind.name);
  const mask = node && node.domain === '' && !node.clamp ? maskAt(node, m, probed) : undefined;
  const masked = node && m.shape(outputName(node));
  if (!behind || !mask || !masked || !sameShape(m.shape(mask.x) ?? [], masked)) return undefined;
  if (behind.nodes.length === 0) return mask;
  // the mask is in the shape between the reshapes: its elements lie as the softmax's do
  const before = throughReshapes(mask.x, m, shape);
  const nodes = before && [...before.nodes, ...mask.nodes, ...behind.nodes];
  if (before && nodes && mask.fixed) return { x: before.name, fixed: { ...mask.fixed, shape }, nodes };
  const computed = mask.computed && 'places' in mask.computed ? mask.computed : mask.again?.();
  if (!before || !nodes || !computed) return undefined;
  return { x: before.name, computed: { ...spreadPlaces(computed, masked), shape }, keep: mask.keep === true, nodes };
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

function maskAt(node: Node, m: Matcher, probed: Prober): Mask | undefined {
  switch (node.op) {
    case 'Add':
      for (const [x, c] of orders(node)) {
        const mask = added(node, x, c, 1, m, probed);
        if (mask) return mask;
      }
      return undefined;
    case 'Sub': {
      const [x, c] = node.inputs;
      return x === undefined || c === undefined ? undefined : added(node, x, c, -1, m, probed);
    }
    case 'Where':
      return chosen(node, m, probed);
    default:
      return undefined;
  }
}

/** x + sign * c, where that is 0 or very low in every element. */
function added(node: Node, x: ValueName, c: ValueName, sign: 1 | -1, m: Matcher, probed: Prober): Mask | undefined {
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
  const again = (): Probed | undefined => probed(c, sign === 1 ? 'added' : 'taken');
  const computed = twoValued(m, c);
  const [zero, one] = computed?.at.map((v) => sign * v) ?? [];
  if (computed && zero !== undefined && one !== undefined && ((zero === 0 && one <= LOW) || (one === 0 && zero <= LOW)))
    return { x, nodes: [...computed.nodes, node], computed, keep: one === 0, again };
  return probedMask(x, again(), node);
}

function probedMask(x: ValueName, found: Probed | undefined, node: Node): Mask | undefined {
  if (!found) return undefined;
  // a comparison takes its place then, which says where it is 0
  const keep = found.threshold === undefined ? found.keep : !found.keep;
  return { x, nodes: [...found.nodes, node], computed: found, keep };
}

/** Where(condition, x, very low), or the other way round. */
function chosen(node: Node, m: Matcher, probed: Prober): Mask | undefined {
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
  const again = (): Probed | undefined => probed(condition, keepsTrue ? 'true keeps' : 'true masks');
  const computed = twoValued(m, condition);
  if (computed && (computed.at[0] === 0) !== (computed.at[1] === 0))
    return { x, nodes: [...computed.nodes, node], computed, keep: (computed.at[1] !== 0) === keepsTrue, again };
  return probedMask(x, again(), node);
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
