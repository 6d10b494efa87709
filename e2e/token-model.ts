/**
 * A small transformer over tokens as an ONNX file of open shape, and arrays for it: embedding, masked attention of one
 * head, layer norm, GELU, a classifier. Weights are made up, names are PyTorch's.
 */
import onnxProto from 'onnx-proto';
import type { NpyArray } from '../src/core/base/npy';

const { onnx } = onnxProto;
const { FLOAT, INT64 } = onnx.TensorProto.DataType;
const { INT, INTS } = onnx.AttributeProto.AttributeType;
const [vocabulary, width] = [20, 8];

const value = (name: string, elemType: number, shape: readonly (number | string)[]) => ({
  name,
  type: { tensorType: { elemType, shape: { dim: shape.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d })) } } },
});
const floats = (name: string, dims: readonly number[], of: (i: number) => number) => {
  const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => of(i));
  return { name, dims: [...dims], dataType: FLOAT, rawData: new Uint8Array(data.buffer) };
};
const ints = (name: string, values: readonly number[]) => ({
  name,
  dims: [values.length],
  dataType: INT64,
  rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
});
const wave = (step: number) => (i: number) => Math.sin((i + 1) * step) / 2;

export function tokenModel(): Uint8Array {
  const node = (opType: string, name: string, input: string[], output: string, attribute: object[] = []) => ({
    opType,
    name,
    input,
    output: [output],
    attribute,
  });
  const graph = {
    name: 'tokens',
    input: [value('input_ids', INT64, ['batch', 'seq']), value('attention_mask', INT64, ['batch', 'seq'])],
    output: [value('logits', FLOAT, ['batch', 3])],
    initializer: [
      floats('embed.weight', [vocabulary, width], wave(1.7)),
      ...['attn.q', 'attn.k', 'attn.v', 'mlp'].map((name, i) => floats(`${name}.weight`, [width, width], wave(0.7 + i * 0.31))),
      floats('norm.weight', [width], (i) => 1 + i / 10),
      floats('norm.bias', [width], (i) => i / 20),
      floats('head.weight', [width, 3], wave(2.3)),
      floats('one', [], () => 1),
      floats('far', [], () => -10000),
      ints('axes', [1]),
    ],
    node: [
      node('Gather', '/embed/Gather', ['embed.weight', 'input_ids'], 'e'),
      ...['q', 'k', 'v'].map((n) => node('MatMul', `/attn/${n}/MatMul`, ['e', `attn.${n}.weight`], n)),
      node('Transpose', '/attn/Transpose', ['k'], 'kt', [{ name: 'perm', type: INTS, ints: [0, 2, 1] }]),
      node('MatMul', '/attn/qk/MatMul', ['q', 'kt'], 's'),
      node('Unsqueeze', '/mask/Unsqueeze', ['attention_mask', 'axes'], 'mu'),
      node('Cast', '/mask/Cast', ['mu'], 'mf', [{ name: 'to', type: INT, i: FLOAT }]),
      node('Sub', '/mask/Sub', ['one', 'mf'], 'mi'),
      node('Mul', '/mask/Mul', ['mi', 'far'], 'mb'),
      node('Add', '/attn/Add', ['s', 'mb'], 'sm'),
      node('Softmax', '/attn/softmax/Softmax', ['sm'], 'p', [{ name: 'axis', type: INT, i: -1 }]),
      node('MatMul', '/attn/attnv/MatMul', ['p', 'v'], 'a'),
      node('LayerNormalization', '/norm/LayerNormalization', ['a', 'norm.weight', 'norm.bias'], 'n', [{ name: 'axis', type: INT, i: -1 }]),
      node('MatMul', '/mlp/MatMul', ['n', 'mlp.weight'], 'h'),
      node('Gelu', '/act/Gelu', ['h'], 'g'),
      node('ReduceMean', '/pool/ReduceMean', ['g', 'axes'], 'm', [{ name: 'keepdims', type: INT, i: 0 }]),
      node('MatMul', '/head/MatMul', ['m', 'head.weight'], 'logits'),
    ],
  };
  return onnx.ModelProto.encode({ irVersion: 9, opsetImport: [{ domain: '', version: 20 }], graph }).finish();
}

/** Sentences of six tokens, the last of which are padding; labels are anything. */
export function tokens(count: number, seed: number): Readonly<Record<string, NpyArray>> {
  const ids = BigInt64Array.from({ length: count * 6 }, (_, i) => BigInt((i * 7 + seed * 3 + (i % 5)) % vocabulary));
  const mask = BigInt64Array.from({ length: count * 6 }, (_, i) => BigInt(i % 6 < 3 + (Math.floor(i / 6) % 4) ? 1 : 0));
  return {
    input_ids: { dtype: 'int64', shape: [count, 6], data: ids },
    attention_mask: { dtype: 'int64', shape: [count, 6], data: mask },
    y: { dtype: 'int64', shape: [count], data: BigInt64Array.from({ length: count }, (_, i) => BigInt(i % 3)) },
  };
}
