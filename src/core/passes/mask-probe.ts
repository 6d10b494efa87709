/**
 * Any mask that is computed from one input, however exporters write it: its arithmetic is run with the input all 0, all 1,
 * and with the bits of each element's own place, which tells for every element of the result where it comes from; then
 * with random elements, which must give what that says. So comparisons, choices, gathers with computed indices, triangles
 * and sums with constants need no rule each.
 * Law: for an input of 0 and 1 (false and true), the mask is exactly the one found.
 */
import { createRng } from '../base/rng';
import type { Model, Node, ValueName } from '../ir/model';
import { sizeOf, type Tensor } from '../ir/tensor';
import { familyOf } from '../ops/registry';
import { isFloatType } from './constants';
import { outputName } from './graph-facts';
import type { Matcher } from './matcher';
import { opsetOf } from './pass';

/** What an element of the value says about its score: 1 takes it out; undefined: neither. */
export type Meaning = (value: number) => 0 | 1 | undefined;

export interface Probed {
  /** An input of the model, or what a comparison of one gives. */
  readonly source: ValueName;
  /** Of a float source: it is 0 below this. */
  readonly threshold: number | undefined;
  /** Is a score taken out where the source is 0? */
  readonly keep: boolean;
  /** For each element of the value its place in the source, or ALWAYS or NEVER taken out. */
  readonly places: Int32Array;
  readonly shape: readonly number[];
  readonly nodes: readonly Node[];
}

export const [ALWAYS, NEVER] = [-1, -2];
const [MOST_NODES, MOST_ELEMENTS, MOST_WORK] = [64, 4096, 2 ** 25];
const comparisons: ReadonlySet<string> = new Set(['Equal', 'Less', 'Greater', 'LessOrEqual', 'GreaterOrEqual']);
const moving: ReadonlySet<string> = new Set([
  'Reshape',
  'Unsqueeze',
  'Squeeze',
  'Flatten',
  'Transpose',
  'Expand',
  'Identity',
  'Cast',
  'Slice',
]);

/** undefined: the value depends on anything but one mask, or not so. */
export function probe(model: Model, m: Matcher, name: ValueName, meaning: Meaning): Probed | undefined {
  const cone = coneOf(m, name);
  if (!cone) return undefined;
  const type = m.facts.typed(cone.source);
  const shape = m.shape(name);
  if (!type || !shape || sizeOf(type.shape) > MOST_ELEMENTS || sizeOf(shape) * cone.nodes.length > MOST_WORK) return undefined;
  const found = places(model, m, cone, name, type, meaning);
  return found && { ...found, source: cone.source, threshold: isFloatType(type.dtype) ? 0.5 : undefined, shape, nodes: cone.nodes };
}

interface Cone {
  readonly source: ValueName;
  /** In order. */
  readonly nodes: readonly Node[];
}

/** Everything that the value is computed with, if that begins at one value. */
function coneOf(m: Matcher, name: ValueName): Cone | undefined {
  const nodes = new Set<Node>();
  const sources = new Set<ValueName>();
  const walk = (value: ValueName): boolean => {
    if (m.facts.constant(value)) return true;
    const node = m.index.producers.get(value);
    if (!node || isLookedUpBy(m, node)) {
      sources.add(value);
      return sources.size === 1;
    }
    if (nodes.has(node)) return true;
    const family = familyOf(node.op, node.domain);
    // no layer makes a mask
    if (nodes.size >= MOST_NODES || node.clamp || family?.evaluate === undefined || family.macs) return false;
    if (!node.inputs.every((input) => input === undefined || walk(input))) return false;
    nodes.add(node);
    return true;
  };
  const [source] = walk(name) ? sources : [];
  return source === undefined || isIndex(m, source) ? undefined : { source, nodes: [...nodes] };
}

/** A comparison of an input by which something is looked up, too (tokens that are not the padding): a mask of its own. */
function isLookedUpBy(m: Matcher, node: Node): boolean {
  if (node.domain !== '' || !comparisons.has(node.op)) return false;
  const [a, b] = node.inputs;
  const x = m.uniform(b) === undefined ? (m.uniform(a) === undefined ? undefined : b) : a;
  let source = x;
  for (let before = source && m.producer(source, ...moving); before; before = source && m.producer(source, ...moving))
    source = before.inputs[0];
  return source !== undefined && !m.index.producers.has(source) && isIndex(m, source);
}

function isIndex(m: Matcher, name: ValueName): boolean {
  return (m.index.readers.get(name) ?? []).some((n) => {
    if (n.op === 'Gather' && n.inputs[1] === name && m.facts.constant(n.inputs[0])) return true;
    return moving.has(n.op) && n.inputs[0] === name && isIndex(m, outputName(n));
  });
}

function places(
  model: Model,
  m: Matcher,
  cone: Cone,
  name: ValueName,
  { dtype, shape }: { dtype: Tensor['dtype']; shape: readonly number[] },
  meaning: Meaning,
): Pick<Probed, 'keep' | 'places'> | undefined {
  const count = sizeOf(shape);
  const run = (bit: (i: number) => boolean, level = 1): (0 | 1 | undefined)[] | undefined => {
    const data = Float64Array.from({ length: count }, (_, i) => (bit(i) ? level : 0));
    const source = { dtype, shape, data: dtype === 'int64' ? BigInt64Array.from(data, BigInt) : typed(dtype, data) } as Tensor; // of its type
    const result = evaluated(model, m, cone, source, name);
    return result && Array.from(result.data as ArrayLike<number | bigint>, (v) => meaning(Number(v))); // no text: numbers and truths
  };
  const [zeros, ones] = [run(() => false), run(() => true)];
  if (counts(ones)) return undefined;
  if (!zeros || !ones || zeros.includes(undefined) || ones.includes(undefined)) return undefined;
  /** Larger whole numbers that say something else, and as clearly: they count (keys of a row), they are no truths. */
  function counts(truth: readonly (0 | 1 | undefined)[] | undefined): boolean {
    if (dtype === 'bool' || isFloatType(dtype)) return false;
    return [2, 3, 100].some((level) => {
      const got = run(() => true, level);
      return got !== undefined && !got.includes(undefined) && got.some((v, i) => v !== truth?.[i]);
    });
  }
  const depends = zeros.map((v, i) => v !== ones[i]);
  const first = depends.indexOf(true);
  if (first < 0) return undefined;
  const keep = zeros[first] === 1;
  if (depends.some((d, i) => d && (zeros[i] === 1) !== keep)) return undefined;
  const found = Int32Array.from(zeros, (v, i) => (depends[i] ? 0 : v === 1 ? ALWAYS : NEVER));
  for (let b = 0; 2 ** b < count; b++) {
    const bits = run((i) => Math.floor(i / 2 ** b) % 2 === 1);
    if (!bits) return undefined;
    for (let i = 0; i < found.length; i++) if (depends[i] && bits[i] === ones[i]) found[i] = (found[i] as number) + 2 ** b;
  }
  const rng = createRng(1);
  for (let k = 0; k < 6; k++) {
    const set = Array.from({ length: count }, () => rng.int(0, 2) > k % 2);
    const got = run((i) => set[i] === true);
    const fits = got?.every((v, i) => {
      const at = found[i] as number;
      return v === (at < 0 ? zeros[i] : set[at] ? ones[i] : zeros[i]);
    });
    if (fits !== true) return undefined;
  }
  return { keep, places: found };
}

function typed(dtype: Tensor['dtype'], data: Float64Array): Tensor['data'] {
  if (dtype === 'float32') return Float32Array.from(data);
  if (dtype === 'int32') return Int32Array.from(data);
  if (dtype === 'int8') return Int8Array.from(data);
  return Uint8Array.from(data);
}

function evaluated(model: Model, m: Matcher, cone: Cone, source: Tensor, name: ValueName): Tensor | undefined {
  const values = new Map<ValueName, Tensor>([[cone.source, source]]);
  for (const node of cone.nodes) {
    const inputs = node.inputs.map((n) => (n === undefined ? undefined : (values.get(n) ?? m.facts.constant(n))));
    const opset = opsetOf(model, node.domain);
    const outputs = node.outputs.map(() => ({ dtype: 'float32' as const, shape: [] })); // rules work shapes out from their inputs
    const results = familyOf(node.op, node.domain)?.evaluate?.({ node, opset, inputs, outputs });
    node.outputs.forEach((n, i) => {
      const result = results?.[i];
      if (result) values.set(n, result);
    });
  }
  return values.get(name);
}
