/**
 * ONNX Runtime's fused operators (com.microsoft) in those that they were fused from: products with transposes, functions
 * with a bias, layer normalizations with a sum before, embeddings, convolutions with an activation behind.
 * Each gives false where it has an input or attribute that its parts cannot say.
 */
import type { ValueName } from '../ir/model';
import { floatAttr, intAttr, stringAttr } from '../ops/family';
import { fusedPerm } from '../ops/matmul';
import { float, int, type Parts } from './expansion';

const MICROSOFT = 'com.microsoft';

/** Input i of the whole. */
const given = (p: Parts, i: number): ValueName | undefined => p.whole.inputs[i];
const hasOutput = (p: Parts, i: number): boolean => p.graph.isUsed(p.whole.outputs[i]);

export function decomposeFusedMatMul(p: Parts): boolean {
  const { whole } = p;
  const [a, b] = [given(p, 0), given(p, 1)];
  if (a === undefined || b === undefined) return false;
  const side = (x: ValueName, letter: 'A' | 'B'): ValueName => {
    const rank = p.shape(x).length;
    const perm = fusedPerm(rank, intAttr(whole, `trans${letter}`, 0) === 1, intAttr(whole, `transBatch${letter}`, 0) === 1);
    return p.transpose(x, perm, `operand${letter}`);
  };
  const operands = [side(a, 'A'), side(b, 'B')];
  const alpha = floatAttr(whole, 'alpha', 1);
  if (alpha === 1) p.into(0, 'MatMul', operands);
  else p.into(0, 'Mul', [p.make('MatMul', operands, 'product'), p.scalar(alpha, 'alpha')]);
  return true;
}

export function decomposeFusedGemm(p: Parts): boolean {
  const { whole } = p;
  const { activation: _, activation_alpha: a, activation_beta: b, activation_gamma: c, ...attrs } = whole.attrs;
  const name = stringAttr(whole, 'activation', '');
  const parameters = [a, b, c].flatMap((v) => (v?.type === 'float' ? [v.value] : []));
  return isActivation(p, name) && activated(p, p.make('Gemm', whole.inputs, 'product', attrs), name, parameters);
}

/** x + b through a function. */
export function decomposeBiasFunction(p: Parts): boolean {
  const [x, b] = [given(p, 0), given(p, 1)];
  if (x === undefined || b === undefined) return false;
  const isFast = p.whole.op === 'FastGelu';
  p.into(0, isFast ? 'FastGelu' : 'Gelu', [p.plus(x, b, 'biased')], {}, MICROSOFT);
  return true;
}

/** Half of x + b times the GELU of its other half. */
export function decomposeBiasSplitGelu(p: Parts): boolean {
  const [x, b] = [given(p, 0), given(p, 1)];
  if (x === undefined || b === undefined) return false;
  const sum = p.plus(x, b, 'biased');
  const shape = p.shape(sum);
  const [axis, width] = [shape.length - 1, shape.at(-1) as number];
  const gate = p.make('Gelu', [p.slice(sum, axis, width / 2, width, 'gate')], 'gelu', {}, MICROSOFT);
  p.into(0, 'Mul', [p.slice(sum, axis, 0, width / 2, 'value'), gate]);
  return true;
}

/** The sum is output 3; mean and deviation (1 and 2) are of training only. */
export function decomposeSkipLayerNorm(p: Parts): boolean {
  const { whole } = p;
  const rms = whole.op === 'SkipSimplifiedLayerNormalization';
  const [x, skip, gamma] = [given(p, 0), given(p, 1), given(p, 2)];
  const [beta, bias] = rms ? [undefined, given(p, 3)] : [given(p, 3), given(p, 4)];
  if (x === undefined || skip === undefined || gamma === undefined || hasOutput(p, 1) || hasOutput(p, 2)) return false;
  const first = p.plus(x, bias, 'biased');
  if (hasOutput(p, 3)) p.into(3, 'Add', [first, skip]);
  const sum = hasOutput(p, 3) ? (whole.outputs[3] as ValueName) : p.make('Add', [first, skip], 'sum');
  normalize(p, sum, gamma, beta, rms, 1e-12);
  return true;
}

function normalize(p: Parts, x: ValueName, gamma: ValueName, beta: ValueName | undefined, rms: boolean, epsilon: number): void {
  const attrs = { axis: int(-1), epsilon: float(floatAttr(p.whole, 'epsilon', epsilon)) };
  // ONNX Runtime knows both in the default domain, whatever the operator set
  p.into(0, rms ? 'SimplifiedLayerNormalization' : 'LayerNormalization', [x, gamma, beta], attrs);
}

/** Words, positions and segments; output 1 counts the mask, which attention is not told by (decompose-attention.ts). */
export function decomposeEmbedLayerNorm(p: Parts): boolean {
  const [ids, segments, words, positions, segmentTable, gamma, beta, mask, places] = p.whole.inputs;
  if (ids === undefined || words === undefined || positions === undefined || gamma === undefined) return false;
  if (mask !== undefined && hasOutput(p, 1)) p.sumInto(1, mask, [1]);
  const [, length = 1] = p.shape(ids);
  const word = p.make('Gather', [words, ids], 'words');
  const place =
    places === undefined
      ? p.reshape(p.slice(positions, 0, 0, length, 'places'), [1, length, p.shape(positions)[1] as number], 'positions')
      : p.make('Gather', [positions, places], 'positions');
  const sum = hasOutput(p, 2) && (segments === undefined || segmentTable === undefined);
  const text = sum ? place : p.make('Add', [word, place], 'placed');
  const output = hasOutput(p, 2) ? (p.whole.outputs[2] as ValueName) : undefined;
  let whole = text;
  if (segments !== undefined && segmentTable !== undefined) {
    const segment = p.make('Gather', [segmentTable, segments], 'segments');
    if (output === undefined) whole = p.make('Add', [text, segment], 'sum');
    else p.into(2, 'Add', [text, segment]);
  } else if (output !== undefined) p.into(2, 'Add', [word, place]);
  normalize(p, output ?? whole, gamma, beta, false, 1e-12);
  return true;
}

/** Conv, an addend (input 3), an activation. */
export function decomposeFusedConv(p: Parts): boolean {
  const { whole } = p;
  const { activation: _, activation_params: params, ...attrs } = whole.attrs;
  const name = stringAttr(whole, 'activation', '');
  if (!isActivation(p, name)) return false;
  const addend = given(p, 3);
  const conv = p.make('Conv', whole.inputs.slice(0, 3), 'conv', attrs);
  return activated(p, p.plus(conv, addend, 'sum'), name, params?.type === 'floats' ? params.value : []);
}

const activations: ReadonlySet<string> = new Set(['', 'Relu', 'Tanh', 'Sigmoid', 'LeakyRelu', 'HardSigmoid', 'Clip']);

function isActivation(p: Parts, name: string): boolean {
  return activations.has(name) && (name !== 'Clip' || p.graph.opset >= 11);
}

function activated(p: Parts, x: ValueName, name: string, [a, b]: readonly number[]): boolean {
  switch (name) {
    case '':
      p.into(0, 'Identity', [x]);
      return true;
    case 'Clip':
      p.into(0, 'Clip', [x, p.scalar(a ?? -Infinity, 'least'), p.scalar(b ?? Infinity, 'most')]);
      return true;
    case 'LeakyRelu':
      p.into(0, 'LeakyRelu', [x], { alpha: float(a ?? 0.01) });
      return true;
    case 'HardSigmoid':
      p.into(0, 'HardSigmoid', [x], { alpha: float(a ?? 0.2), beta: float(b ?? 0.5) });
      return true;
    default:
      p.into(0, name, [x]);
      return true;
  }
}
