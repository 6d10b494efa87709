/**
 * Gives a skeleton (a full-size graph whose large weights were stripped) its weights back: normal numbers from
 * the seed in each tensor's doc_string, `fill:normal mean= std= sign= seed=`. Same bytes every time.
 */
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;

/** mulberry32 */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

function filled(length: number, mean: number, std: number, positive: boolean, seed: number): Float32Array {
  const random = uniform(seed);
  const values = new Float32Array(length);
  for (let i = 0; i < length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(random() + 1e-12)); // Box-Muller
    const angle = 2 * Math.PI * random();
    values[i] = mean + std * radius * Math.cos(angle);
    if (i + 1 < length) values[i + 1] = mean + std * radius * Math.sin(angle);
  }
  return positive ? values.map((v) => Math.abs(v) + 1e-3) : values;
}

export function fillSkeleton(bytes: Uint8Array): Uint8Array {
  const model = onnx.ModelProto.decode(bytes);
  const tensors = [
    ...(model.graph?.initializer ?? []),
    ...(model.graph?.node ?? []).flatMap((node) => (node.attribute ?? []).flatMap((attribute) => (attribute.t ? [attribute.t] : []))),
  ];
  for (const tensor of tensors) {
    const recipe = /^fill:normal mean=(\S+) std=(\S+) sign=(\S+) seed=(\d+)/.exec(tensor.docString ?? '');
    if (recipe === null) continue;
    const length = (tensor.dims ?? []).reduce<number>((product, extent) => product * Number(extent), 1);
    const [, mean, std, sign, seed] = recipe;
    tensor.rawData = new Uint8Array(filled(length, Number(mean), Number(std), sign === 'positive', Number(seed)).buffer);
    tensor.docString = '';
  }
  return onnx.ModelProto.encode(model).finish();
}
