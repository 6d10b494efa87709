/**
 * Fused attention in its parts: ONNX Runtime's Attention and MultiHeadAttention (com.microsoft), ONNX's Attention (operator
 * set 23). Heads are split, scores are scaled, biased and masked, weighted values joined again. With caches of the past,
 * caps, grouped heads or other outputs than the first it stays one node.
 */
import type { Node, ValueName } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import { floatAttr, intAttr, intsAttr } from '../ops/family';
import { codeOf } from '../onnx/dtypes';
import { int, type Parts } from './expansion';

interface Heads {
  readonly heads: number;
  /** [batch, heads, length, width]; of the key after its last two axes were exchanged. */
  readonly query: ValueName;
  readonly key: ValueName;
  readonly value: ValueName;
  readonly scale: number;
  readonly bias: ValueName | undefined;
  readonly mask: ValueName | undefined;
  readonly causal: boolean;
  readonly low: number;
}

/** Whoever makes a value of the graph around. */
export type Producer = (name: ValueName | undefined) => Node | undefined;

/** One weight for query, key and value: [batch, length, in] times [in, 3 * out]. */
export function decomposeAttention(p: Parts, producer: Producer): boolean {
  const { whole } = p;
  const [x, weight, bias, mask, past, addend, ...rest] = whole.inputs;
  const heads = intAttr(whole, 'num_heads', 0);
  if (x === undefined || weight === undefined || heads === 0) return false;
  if (past !== undefined || rest.some((n) => n !== undefined) || outputsBeyondFirst(p) || intAttr(whole, 'do_rotary', 0) === 1)
    return false;
  const columns = p.shape(weight)[1] as number;
  const sizes = intsAttr(whole, 'qkv_hidden_sizes') ?? [columns / 3, columns / 3, columns / 3];
  const keys = maskOfKeys(p, mask, producer);
  if (mask !== undefined && keys === undefined) return false;
  let from = 0;
  const parts = (['query', 'key', 'value'] as const).map((label, i) => {
    const to = from + (sizes[i] as number);
    const product = p.make('MatMul', [x, p.slice(weight, 1, from, to, `${label}.weight`)], `${label}.product`);
    const b = bias === undefined ? undefined : p.slice(bias, 0, from, to, `${label}.bias`);
    from = to;
    return p.plus(product, b, label);
  }) as [ValueName, ValueName, ValueName];
  return attend(p, {
    ...split(p, parts, heads),
    bias: addend,
    mask: keys,
    causal: intAttr(whole, 'unidirectional', 0) === 1,
    low: floatAttr(whole, 'mask_filter_value', -10000),
  });
}

/** Query, key and value apart, [batch, length, hidden] each, with one bias for all three. */
export function decomposeMultiHeadAttention(p: Parts, producer: Producer): boolean {
  const { whole } = p;
  const [query, key, value, bias, mask, addend, ...rest] = whole.inputs;
  const heads = intAttr(whole, 'num_heads', 0);
  if (query === undefined || heads === 0 || rest.some((n) => n !== undefined) || outputsBeyondFirst(p)) return false;
  const keys = maskOfKeys(p, mask, producer);
  if (mask !== undefined && keys === undefined) return false;
  const inputs = key === undefined || value === undefined ? unpacked(p, query) : ([query, key, value] as const);
  if (!inputs || (bias !== undefined && inputs.some((n) => p.shape(n).length !== 3))) return false;
  let from = 0;
  const parts = inputs.map((n, i) => {
    const to = from + (p.shape(n).at(-1) as number);
    const b = bias === undefined ? undefined : p.slice(bias, 0, from, to, `bias${i + 1}`);
    from = to;
    return p.plus(n, b, ['query', 'key', 'value'][i] as string);
  }) as [ValueName, ValueName, ValueName];
  return attend(p, {
    ...split(p, parts, heads),
    bias: addend,
    mask: keys,
    causal: intAttr(whole, 'unidirectional', 0) === 1,
    low: floatAttr(whole, 'mask_filter_value', -10000),
  });
}

/** ONNX operator set 23: [batch, heads, length, width], or three axes and the number of heads. */
export function decomposeOnnxAttention(p: Parts): boolean {
  const { whole } = p;
  const [query, key, value, mask, ...past] = whole.inputs;
  if (query === undefined || key === undefined || value === undefined || past.some((n) => n !== undefined)) return false;
  if (outputsBeyondFirst(p) || floatAttr(whole, 'softcap', 0) !== 0) return false;
  const isFlat = p.shape(query).length === 3;
  const heads = isFlat ? intAttr(whole, 'q_num_heads', 0) : (p.shape(query)[1] as number);
  const others = isFlat ? intAttr(whole, 'kv_num_heads', 0) : (p.shape(key)[1] as number);
  if (heads === 0 || heads !== others) return false;
  const isTruth = mask !== undefined && p.graph.typed(mask).dtype === 'bool';
  const low = p.scalar(-1e9, 'low');
  const bias = isTruth ? p.make('Where', [mask, p.scalar(0, 'none'), low], 'mask') : mask;
  const causal = intAttr(whole, 'is_causal', 0) === 1;
  return attend(p, { ...split(p, [query, key, value], heads), bias, mask: undefined, causal, low: -1e9 });
}

function outputsBeyondFirst(p: Parts): boolean {
  return p.whole.outputs.slice(1).some((o) => p.graph.isUsed(o));
}

/** [batch, length, heads, 3, width] in three. */
function unpacked(p: Parts, qkv: ValueName): readonly [ValueName, ValueName, ValueName] | undefined {
  const shape = p.shape(qkv);
  const [batch, length, heads, three, width] = shape as [number, number, number, number, number];
  if (shape.length !== 5 || three !== 3) return undefined;
  const one = (i: number): ValueName =>
    p.reshape(p.slice(qkv, 3, i, i + 1, `packed${i + 1}`), [batch, length, heads * width], `part${i + 1}`);
  return [one(0), one(1), one(2)];
}

function split(
  p: Parts,
  parts: readonly [ValueName, ValueName, ValueName],
  heads: number,
): Pick<Heads, 'heads' | 'query' | 'key' | 'value' | 'scale'> {
  const apart = (x: ValueName, perm: readonly number[], label: string): ValueName => {
    const shape = p.shape(x);
    // heads that are apart already
    if (shape.length === 4) return label === 'key' ? p.transpose(x, [0, 1, 3, 2], `${label}.turned`) : x;
    const [batch, length, width] = shape as [number, number, number];
    return p.transpose(p.reshape(x, [batch, length, heads, width / heads], `${label}.split`), perm, `${label}.heads`);
  };
  const [q, k, v] = parts;
  const query = apart(q, [0, 2, 1, 3], 'query');
  const given = floatAttr(p.whole, 'scale', 0);
  return {
    heads,
    query,
    key: apart(k, [0, 2, 3, 1], 'key'),
    value: apart(v, [0, 2, 1, 3], 'value'),
    scale: given === 0 ? 1 / Math.sqrt(p.shape(query)[3] as number) : given,
  };
}

function attend(p: Parts, a: Heads): boolean {
  let scores = p.times(p.make('MatMul', [a.query, a.key], 'product'), Math.fround(a.scale), 'scores');
  const [batch = 1, , rows = 1, columns = 1] = p.shape(scores);
  scores = p.plus(scores, a.bias, 'biased');
  if (a.mask !== undefined) scores = p.plus(scores, additive(p, a.mask, [batch, 1, 1, columns], a.low), 'masked');
  if (a.causal) scores = p.plus(scores, p.graph.keep(`${p.whole.id}.causal`, causal(rows, columns, a.low)), 'causal');
  const weights = p.make('Softmax', [scores], 'weights', { axis: int(-1) });
  const mixed = p.make('MatMul', [weights, a.value], 'mixed');
  const [, heads = 1, , width = 1] = p.shape(mixed);
  const isFlat = p.shape(p.whole.outputs[0] as ValueName).length === 3;
  if (!isFlat) p.into(0, 'Identity', [mixed]);
  else p.into(0, 'Reshape', [p.transpose(mixed, [0, 2, 1, 3], 'joined'), p.list([batch, rows, heads * width], 'shape')]);
  return true;
}

/** (1 - mask) * low, as BERT's own code has it. */
function additive(p: Parts, mask: ValueName, shape: readonly number[], low: number): ValueName {
  const real = p.make('Cast', [p.reshape(mask, shape, 'mask')], 'mask.real', { to: int(codeOf('float32')) });
  return p.make('Mul', [p.make('Sub', [p.scalar(1, 'one'), real], 'mask.out'), p.scalar(low, 'mask.low')], 'mask.added');
}

/** Keys behind the query's own place are out; a query at the end sees all. */
function causal(rows: number, columns: number, low: number): Tensor {
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < data.length; i++) if ((i % columns) - (columns - rows) > Math.floor(i / columns)) data[i] = low;
  return { dtype: 'float32', shape: [1, 1, rows, columns], data };
}

/**
 * The mask of [batch, keys] with 1 where a key counts. ONNX Runtime also takes the number of keys, which its own fusions
 * count from such a mask: then it is that one. undefined: another form.
 */
function maskOfKeys(p: Parts, mask: ValueName | undefined, producer: Producer): ValueName | undefined {
  if (mask === undefined) return undefined;
  if (p.shape(mask).length === 2) return mask;
  if (p.shape(mask).length !== 1) return undefined;
  let node = producer(mask);
  if (node?.op === 'EmbedLayerNormalization') return node.outputs[1] === mask ? node.inputs[7] : undefined;
  while (node?.op === 'Cast') node = producer(node.inputs[0]);
  if (node?.op !== 'ReduceSum') return undefined;
  let source = node.inputs[0];
  for (let before = producer(source); before?.op === 'Cast'; before = producer(source)) source = before.inputs[0];
  return source !== undefined && p.shape(source).length === 2 ? source : undefined;
}

/** x rotated by cosines and sines that are constant: operator set 23 and com.microsoft. */
export function decomposeRotary(p: Parts): boolean {
  const { whole } = p;
  const isOnnx = whole.domain === '';
  const [x, second, third, fourth] = whole.inputs;
  const [cos, sin, places] = isOnnx ? [second, third, fourth] : [third, fourth, second];
  if (x === undefined || cos === undefined || sin === undefined || !p.constant(cos) || !p.constant(sin)) return false;
  const width = intAttr(whole, 'rotary_embedding_dim', 0);
  const shape = p.shape(x);
  const heads = intAttr(whole, 'num_heads', 0);
  if (width !== 0 || intAttr(whole, 'is_packed_batching', 0) === 1 || floatAttr(whole, 'scale', 1) !== 1) return false;
  if (shape.length === 3 && heads === 0) return false;
  const apart =
    shape.length === 4 ? x : p.reshape(x, [shape[0] as number, shape[1] as number, heads, (shape[2] as number) / heads], 'apart');
  const rank4 = p.shape(apart);
  const lengthAxis = shape.length === 4 ? 2 : 1;
  const length = rank4[lengthAxis] as number;
  const half = (rank4[3] as number) / 2;
  const factor = (table: ValueName, label: string): ValueName | undefined => {
    let rows = table;
    if (places !== undefined) {
      if (!p.constant(places) || p.shape(places).length !== 2) return undefined;
      rows = p.make('Gather', [table, places], `${label}.rows`);
    } else if (p.shape(table).length === 2) rows = p.slice(table, 0, 0, length, `${label}.rows`);
    const [from, size] = [p.size(rows), length * half];
    if (from !== size) return undefined;
    return p.reshape(rows, lengthAxis === 2 ? [1, 1, length, half] : [1, length, 1, half], label);
  };
  const [c, s] = [factor(cos, 'cos'), factor(sin, 'sin')];
  if (c === undefined || s === undefined) return false;
  const isInterleaved = intAttr(whole, 'interleaved', 0) === 1;
  const paired = [...rank4.slice(0, 3), half, 2];
  const pair = isInterleaved ? p.reshape(apart, paired, 'pairs') : undefined;
  const [a, b] = [0, 1].map((i) =>
    pair === undefined
      ? p.slice(apart, 3, i * half, (i + 1) * half, `half${i + 1}`)
      : p.reshape(p.slice(pair, 4, i, i + 1, `odd${i + 1}`), [...rank4.slice(0, 3), half], `half${i + 1}`),
  ) as [ValueName, ValueName];
  const real = p.make('Sub', [p.make('Mul', [a, c], 'ac'), p.make('Mul', [b, s], 'bs')], 'real');
  const imaginary = p.make('Add', [p.make('Mul', [a, s], 'as'), p.make('Mul', [b, c], 'bc')], 'imaginary');
  const wide = [...rank4.slice(0, 3), half, 1];
  const parts = pair === undefined ? [real, imaginary] : [p.reshape(real, wide, 'real.pair'), p.reshape(imaginary, wide, 'imaginary.pair')];
  if (pair === undefined && shape.length === 4) p.into(0, 'Concat', parts, { axis: int(3) });
  else p.into(0, 'Reshape', [p.make('Concat', parts, 'turned', { axis: int(pair === undefined ? 3 : 4) }), p.list(shape, 'shape')]);
  return true;
}
