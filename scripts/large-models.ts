/**
 * Large ONNX graphs with small made-up weights, for tests and benches of the page: an encoder like BERT-base as PyTorch exports it
 * (layer norms and GELU in their parts), with the exporter's scopes or with numbered names only; chains of any length.
 * Same bytes every time. They are large in operators, not in bytes.
 */
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;
const { FLOAT } = onnx.TensorProto.DataType;
const { INT, INTS } = onnx.AttributeProto.AttributeType;

const value = (name: string, shape: readonly number[]) => ({
  name,
  type: { tensorType: { elemType: FLOAT, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
});
const ints = (name: string, list: readonly number[]) => ({ name, type: INTS, ints: [...list] });
const int = (name: string, i: number) => ({ name, type: INT, i });
/** A scalar index, as a Constant node holds it. */
const longAttribute = (n: number) => ({
  name: 'value',
  type: onnx.AttributeProto.AttributeType.TENSOR,
  t: { dims: [], dataType: onnx.TensorProto.DataType.INT64, rawData: new Uint8Array(BigInt64Array.of(BigInt(n)).buffer) },
});

class Graph {
  readonly node: object[] = [];
  readonly initializer: object[] = [];
  readonly #numbered: boolean;
  #count = 0;

  constructor(numbered: boolean) {
    this.#numbered = numbered;
  }

  /** A node in a scope (`/encoder/layer.0/add`), or with a number alone (`Add_17`). Answers its output. */
  add(op: string, path: string, input: readonly string[], attribute: readonly object[] = []): string {
    const number = this.#count++;
    const output = `t${number}`;
    this.node.push({
      opType: op,
      name: this.#numbered ? `${op}_${number}` : `/${path}`,
      input: [...input],
      output: [output],
      attribute: [...attribute],
    });
    return output;
  }

  weight(
    name: string,
    dims: readonly number[],
    of: (i: number) => number = (i) => Math.sin((i + 1) * 0.7 + this.initializer.length) / 4,
  ): string {
    const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => of(i));
    const known = this.#numbered ? `w${this.initializer.length}` : name;
    this.initializer.push({ name: known, dims: [...dims], dataType: FLOAT, rawData: new Uint8Array(data.buffer) });
    return known;
  }

  longs(name: string, list: readonly number[]): string {
    const rawData = new Uint8Array(BigInt64Array.from(list, BigInt).buffer);
    this.initializer.push({ name, dims: [list.length], dataType: onnx.TensorProto.DataType.INT64, rawData });
    return name;
  }

  model(input: readonly object[], output: readonly object[]): Uint8Array {
    const graph = { name: 'large', node: this.node, initializer: this.initializer, input: [...input], output: [...output] };
    return onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: '', version: 13 }], graph }).finish();
  }
}

/** BERT-base's graph with 12 layers of 12 heads, `width` numbers a token instead of 768: over 1 000 operators. */
export function bertLike({ layers = 12, width = 48, tokens = 16, numbered = false } = {}): Uint8Array {
  const g = new Graph(numbered);
  const heads = 12;
  const constant = (name: string, x: number) => g.weight(name, [], () => x);
  const [two, eps, root2, one, half, scale] = [
    constant('two', 2),
    constant('eps', 1e-5),
    constant('root2', Math.SQRT2),
    constant('one', 1),
    constant('half', 0.5),
    constant('scale', Math.sqrt(width / heads)),
  ];
  const axis0 = g.longs('axis0', [0]);
  const byHead = g.longs('by_head', [heads, width / heads]);
  const whole = g.longs('whole', [width]);
  const linear = (at: string, x: string, from: number, to: number) => {
    const product = g.add('MatMul', `${at}/MatMul`, [x, g.weight(`${at.replaceAll('/', '.')}.weight`, [from, to])]);
    return g.add('Add', `${at}/Add`, [g.weight(`${at.replaceAll('/', '.')}.bias`, [to]), product]);
  };
  const norm = (at: string, x: string) => {
    const axes = [ints('axes', [-1])];
    const centred = g.add('Sub', `${at}/Sub`, [x, g.add('ReduceMean', `${at}/ReduceMean`, [x], axes)]);
    const variance = g.add('ReduceMean', `${at}/ReduceMean_1`, [g.add('Pow', `${at}/Pow`, [centred, two])], axes);
    const deviation = g.add('Sqrt', `${at}/Sqrt`, [g.add('Add', `${at}/Add`, [variance, eps])]);
    const unit = g.add('Div', `${at}/Div`, [centred, deviation]);
    const scaled = g.add('Mul', `${at}/Mul`, [unit, g.weight(`${at.replaceAll('/', '.')}.weight`, [width], (i) => 1 + i / 100)]);
    return g.add('Add', `${at}/Add_1`, [scaled, g.weight(`${at.replaceAll('/', '.')}.bias`, [width])]);
  };
  const gelu = (at: string, x: string) => {
    const erf = g.add('Erf', `${at}/Erf`, [g.add('Div', `${at}/Div`, [x, root2])]);
    const product = g.add('Mul', `${at}/Mul`, [x, g.add('Add', `${at}/Add`, [erf, one])]);
    return g.add('Mul', `${at}/Mul_1`, [product, half]);
  };
  /** The exporter works a shape out at run time, extent by extent, also where it is known. */
  const shapeOf = (at: string, suffix: string, of: string, ends: readonly string[]) => {
    const extent = (axis: number) => {
      const tag = `${suffix}_${axis}`;
      const index = g.add('Constant', `${at}/Constant${tag}`, [], [longAttribute(axis)]);
      const one = g.add('Gather', `${at}/Gather${tag}`, [g.add('Shape', `${at}/Shape${tag}`, [of]), index], [int('axis', 0)]);
      return g.add('Unsqueeze', `${at}/Unsqueeze${tag}`, [one, axis0]);
    };
    return g.add('Concat', `${at}/Concat${suffix}`, [extent(0), extent(1), ...ends], [int('axis', 0)]);
  };
  const headsOf = (at: string, suffix: string, x: string, perm: readonly number[]) => {
    const cut = g.add('Reshape', `${at}/Reshape${suffix}`, [x, shapeOf(at, suffix, x, [byHead])]);
    return g.add('Transpose', `${at}/Transpose${suffix}`, [cut], [ints('perm', perm)]);
  };

  let x = norm('bert/embeddings/LayerNorm', 'embedded');
  for (let i = 0; i < layers; i++) {
    const at = `bert/encoder/layer.${i}`;
    const self = `${at}/attention/self`;
    const q = headsOf(self, '', linear(`${self}/query`, x, width, width), [0, 2, 1, 3]);
    const k = headsOf(self, '_1', linear(`${self}/key`, x, width, width), [0, 2, 3, 1]);
    const v = headsOf(self, '_2', linear(`${self}/value`, x, width, width), [0, 2, 1, 3]);
    const scores = g.add('Add', `${self}/Add`, [g.add('Div', `${self}/Div`, [g.add('MatMul', `${self}/MatMul`, [q, k]), scale]), 'mask']);
    const product = g.add('MatMul', `${self}/MatMul_1`, [g.add('Softmax', `${self}/Softmax`, [scores], [int('axis', -1)]), v]);
    const turned = g.add('Transpose', `${self}/Transpose_3`, [product], [ints('perm', [0, 2, 1, 3])]);
    const context = g.add('Reshape', `${self}/Reshape_3`, [turned, shapeOf(self, '_3', turned, [whole])]);
    const attended = linear(`${at}/attention/output/dense`, context, width, width);
    x = norm(`${at}/attention/output/LayerNorm`, g.add('Add', `${at}/attention/output/Add`, [attended, x]));
    const inner = gelu(`${at}/intermediate/intermediate_act_fn`, linear(`${at}/intermediate/dense`, x, width, 4 * width));
    const outer = linear(`${at}/output/dense`, inner, 4 * width, width);
    x = norm(`${at}/output/LayerNorm`, g.add('Add', `${at}/output/Add`, [outer, x]));
  }
  const pooled = g.add('Tanh', 'bert/pooler/activation/Tanh', [linear('bert/pooler/dense', x, width, width)]);
  return g.model([value('embedded', [1, tokens, width]), value('mask', [1, 1, 1, tokens])], [value(pooled, [1, tokens, width])]);
}

/** A chain of residual blocks: (Conv, Tanh, Conv, Add) `blocks` times, 4 cards each, in stages of different width or all alike. */
export function residualChain(blocks: number, { numbered = true, every = Infinity } = {}): Uint8Array {
  const g = new Graph(numbered);
  let channels = 2;
  let x = 'x';
  const conv = (at: string, from: string, inputs: number, outputs: number, kernel: number) =>
    g.add(
      'Conv',
      `${at}/Conv`,
      [from, g.weight(`${at.replaceAll('/', '.')}.weight`, [outputs, inputs, kernel, kernel])],
      [ints('kernel_shape', [kernel, kernel]), ints('pads', Array<number>(4).fill(kernel >> 1))],
    );
  for (let i = 0; i < blocks; i++) {
    const at = `body/${i}`;
    // Every stage ends with a layer that widens it, so that stages differ.
    if (i > 0 && i % every === 0) x = conv(`widen/${i / every}`, x, channels, ++channels, 1);
    const inner = conv(
      `${at}/conv2`,
      g.add('Tanh', `${at}/act/Tanh`, [conv(`${at}/conv1`, x, channels, channels, 3)]),
      channels,
      channels,
      3,
    );
    x = g.add('Add', `${at}/Add`, [inner, x]);
  }
  return g.model([value('x', [1, 2, 4, 4])], [value(x, [1, channels, 4, 4])]);
}
