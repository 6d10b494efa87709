/**
 * LayerNormalization (ONNX 17) and its relatives: RMSNormalization (23), ONNX Runtime's SimplifiedLayerNormalization,
 * SkipLayerNormalization (a sum before), EmbedLayerNormalization (embeddings before). Moments in float64.
 */
import { sizeOf, type Tensor } from '../ir/tensor';
import { broadcastShape } from './broadcast';
import { floatAttr, intAttr, type FloatInput, type OpFamily, type ShapeInput, type TypedShape } from './family';
import { gather } from './gather';
import { axisOf, badShape, inputAt, likeFirst, tensorAt } from './readers';
import { fromNumbers, mapNumbers, numbersOf } from './storage';
import { spreadTo } from './strided';

interface Normalized {
  readonly y: Float64Array;
  readonly means: Float64Array;
  readonly inverses: Float64Array;
}

/** Runs of `run` elements: y = (x - mean) / sqrt(variance + epsilon); without `centre` the mean counts as 0. */
function normalize(x: ArrayLike<number>, run: number, epsilon: number, centre: boolean): Normalized {
  const y = new Float64Array(x);
  const count = run === 0 ? 0 : y.length / run;
  const [means, inverses] = [new Float64Array(count), new Float64Array(count)];
  for (let r = 0, at = 0; r < count; r++, at += run) {
    let mean = 0;
    if (centre) for (let i = at; i < at + run; i++) mean += y[i] as number;
    mean /= run;
    let squares = 0;
    for (let i = at; i < at + run; i++) squares += ((y[i] as number) - mean) ** 2;
    const inverse = 1 / Math.sqrt(squares / run + epsilon);
    for (let i = at; i < at + run; i++) y[i] = ((y[i] as number) - mean) * inverse;
    means[r] = mean;
    inverses[r] = inverse;
  }
  return { y, means, inverses };
}

/** y * scale + bias in place; both broadcast. */
function scaled(y: Float64Array, shape: readonly number[], scale: Tensor, bias: Tensor | undefined): Float64Array {
  const a = numbersOf(spreadTo(scale, shape));
  const b = bias && numbersOf(spreadTo(bias, shape));
  for (let i = 0; i < y.length; i++) y[i] = (y[i] as number) * (a[i] as number) + (b?.[i] ?? 0);
  return y;
}

const isRms = (op: string): boolean => op === 'RMSNormalization' || op.includes('Simplified');

/** Axes that are normalized begin here. */
function firstAxis(s: Pick<ShapeInput, 'node' | 'inputs'>): number {
  return axisOf(s.node, intAttr(s.node, 'axis', -1), inputAt(s, 0).shape.length);
}

/** Mean and inverse deviation are float32 (stash_type 1), of the input's shape with the normalized axes at 1. */
function layerShape(s: ShapeInput): TypedShape[] {
  const x = likeFirst(s);
  const axis = firstAxis(s);
  const inner = x.shape.slice(axis);
  for (const i of [1, 2]) {
    const operand = s.inputs[i];
    if (operand && broadcastShape(s.node, [inner, operand.shape]).join() !== inner.join())
      throw badShape(s.node, `an input ${i} that broadcasts to [${inner.join(', ')}]`, operand.shape);
  }
  const moment: TypedShape = { dtype: 'float32', shape: x.shape.map((d, a) => (a < axis ? d : 1)) };
  return s.node.outputs.map((_, i) => (i === 0 ? x : moment));
}

function evaluateLayer(f: FloatInput): Tensor[] {
  const { node } = f;
  const x = tensorAt(f, 0);
  const axis = firstAxis(f);
  const rms = isRms(node.op);
  const { y, means, inverses } = normalize(numbersOf(x), sizeOf(x.shape.slice(axis)), floatAttr(node, 'epsilon', 1e-5), !rms);
  scaled(y, x.shape, tensorAt(f, 1), f.inputs[2]);
  const moments = x.shape.map((d, a) => (a < axis ? d : 1));
  const all = [fromNumbers(x.dtype, x.shape, y), ...(rms ? [inverses] : [means, inverses]).map((m) => fromNumbers('float32', moments, m))];
  return all.slice(0, node.outputs.length);
}

export const layerNorm: OpFamily = {
  id: 'layer-norm',
  types: ['LayerNormalization', 'RMSNormalization', 'SimplifiedLayerNormalization', 'com.microsoft:SimplifiedLayerNormalization'],
  shape: layerShape,
  evaluate: evaluateLayer,
  quantizer: 'own',
};

/** Outputs: y, mean, inverse deviation, and the sum that was normalized. */
export const skipLayerNorm: OpFamily = {
  id: 'skip-layer-norm',
  types: ['com.microsoft:SkipLayerNormalization', 'com.microsoft:SkipSimplifiedLayerNormalization'],
  shape(s) {
    const x = likeFirst(s);
    if (broadcastShape(s.node, [x.shape, inputAt(s, 1).shape]).join() !== x.shape.join())
      throw badShape(s.node, `a skip that broadcasts to [${x.shape.join(', ')}]`, inputAt(s, 1).shape);
    const moment: TypedShape = { dtype: 'float32', shape: [...x.shape.slice(0, -1), 1] };
    return s.node.outputs.map((_, i) => (i === 0 || i === 3 ? x : moment));
  },
  evaluate(f) {
    const x = tensorAt(f, 0);
    const rms = isRms(f.node.op);
    const [beta, bias] = rms ? [undefined, f.inputs[3]] : [f.inputs[3], f.inputs[4]];
    const addends = [tensorAt(f, 1), ...(bias ? [bias] : [])].map((t) => numbersOf(spreadTo(t, x.shape)));
    const sum = mapNumbers(numbersOf(x), (v, i) => addends.reduce((a, b) => a + (b[i] as number), v));
    const { y, means, inverses } = normalize(sum, inputAt(f, 0).shape.at(-1) as number, floatAttr(f.node, 'epsilon', 1e-12), !rms);
    scaled(y, x.shape, tensorAt(f, 2), beta);
    const moments = [...x.shape.slice(0, -1), 1];
    return [
      fromNumbers(x.dtype, x.shape, y),
      fromNumbers('float32', moments, means),
      fromNumbers('float32', moments, inverses),
      fromNumbers(x.dtype, x.shape, sum),
    ].slice(0, f.node.outputs.length);
  },
  quantizer: 'own',
};

/** Inputs: ids, segment ids, word, position and segment embeddings, gamma, beta, mask, position ids. */
export const embedLayerNorm: OpFamily = {
  id: 'embed-layer-norm',
  types: ['com.microsoft:EmbedLayerNormalization'],
  shape(s) {
    const [ids, words] = [inputAt(s, 0).shape, inputAt(s, 2)];
    if (ids.length !== 2 || words.shape.length !== 2) throw badShape(s.node, 'ids [batch, sequence] and a table of words', ids);
    const y = { dtype: words.dtype, shape: [...ids, words.shape[1] as number] };
    const mask: TypedShape = { dtype: 'int32', shape: [ids[0] as number] };
    return s.node.outputs.map((_, i) => (i === 1 ? mask : y));
  },
  evaluate(f) {
    const [ids, words] = [tensorAt(f, 0), tensorAt(f, 2)];
    const [batch = 1, length = 1] = ids.shape;
    const shape = [...ids.shape, words.shape[1] as number];
    const look = (table: Tensor, indices: Tensor): Tensor =>
      spreadTo(gather.evaluate?.({ ...f, node: { ...f.node, attrs: {} }, inputs: [table, indices] })[0] as Tensor, shape);
    const places =
      f.inputs[8] ??
      fromNumbers(
        'int32',
        [1, length],
        Float64Array.from({ length }, (_, i) => i),
      );
    const parts = [
      look(words, ids),
      look(tensorAt(f, 3), places),
      ...(f.inputs[1] && f.inputs[4] ? [look(f.inputs[4], f.inputs[1])] : []),
    ].map(numbersOf);
    const sum = mapNumbers(parts[0] ?? [], (_, i) => parts.reduce((a, p) => a + (p[i] as number), 0));
    const { y } = normalize(sum, shape[2] as number, floatAttr(f.node, 'epsilon', 1e-12), true);
    const counts = new Float64Array(batch);
    if (f.inputs[7])
      numbersOf(f.inputs[7]).forEach(
        (v: number, i: number) => (counts[Math.floor(i / length)] = (counts[Math.floor(i / length)] as number) + v),
      );
    const normalizedSum = fromNumbers(words.dtype, shape, scaled(y, shape, tensorAt(f, 5), f.inputs[6]));
    return [normalizedSum, fromNumbers('int32', [batch], counts), fromNumbers(words.dtype, shape, sum)].slice(0, f.node.outputs.length);
  },
  quantizer: 'own',
};
