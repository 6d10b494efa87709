/** Conv, MatMul, pools, norms, Softmax and reductions against ONNX Runtime on random shapes and attributes. */
import { describe, test } from 'vitest';
import { createRng, type Rng } from '../base/rng';
import { agree, agreeOnShapes, chosen, floats, integers, list, narrower, someShape, type Sample } from './ort.fixture';

type Maker = (rng: Rng) => Sample;

const flag = (rng: Rng): number => rng.int(0, 1);

/** Padding that a window accepts, per axis and side. */
function pads(rng: Rng, kernel: readonly number[]): number[] {
  return [...kernel, ...kernel].map((k) => rng.int(0, k - 1));
}

function window(rng: Rng, axes: number): { kernel: number[]; strides: number[]; dilations: number[]; extents: number[] } {
  const kernel = someShape(rng, axes, 1, 3);
  const dilations = someShape(rng, axes, 1, 2);
  return {
    kernel,
    dilations,
    strides: someShape(rng, axes, 1, 3),
    extents: kernel.map((k, i) => (k - 1) * (dilations[i] as number) + 1 + rng.int(0, 5)),
  };
}

const conv: Maker = (rng) => {
  const { kernel, strides, dilations, extents } = window(rng, rng.int(1, 3));
  const group = rng.int(1, 3);
  const [perGroup, each] = [rng.int(1, 3), rng.int(1, 3)];
  const bias = flag(rng) ? [floats(rng, [each * group])] : [];
  const auto = chosen(rng, ['NOTSET', 'NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID']);
  // the runtime takes no dilations with SAME
  const dilated = auto.startsWith('SAME') ? kernel.map(() => 1) : dilations;
  return {
    op: 'Conv',
    attrs: {
      strides,
      dilations: dilated,
      group,
      kernel_shape: kernel,
      auto_pad: auto,
      ...(auto === 'NOTSET' ? { pads: pads(rng, kernel) } : {}),
    },
    inputs: [floats(rng, [rng.int(1, 2), perGroup * group, ...extents]), floats(rng, [each * group, perGroup, ...kernel]), ...bias],
  };
};

const convTranspose: Maker = (rng) => {
  const { kernel, strides, dilations, extents } = window(rng, rng.int(1, 2));
  const group = rng.int(1, 2);
  const [perGroup, each] = [rng.int(1, 3), rng.int(1, 3)];
  const bias = flag(rng) ? [floats(rng, [each * group])] : [];
  const auto = chosen(rng, ['NOTSET', 'NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID']);
  // with SAME the runtime does not widen the output where the kernel is below the stride
  const steps = auto.startsWith('SAME') ? strides.map((v, i) => Math.min(v, kernel[i] as number)) : strides;
  const extra = steps.map((s) => rng.int(0, s - 1));
  return {
    op: 'ConvTranspose',
    attrs: {
      strides: steps,
      dilations,
      group,
      auto_pad: auto,
      output_padding: extra,
      ...(auto === 'NOTSET' ? { pads: kernel.flatMap(() => [0, 0]).map(() => (extents.every((d) => d > 2) ? flag(rng) : 0)) } : {}),
    },
    inputs: [floats(rng, [rng.int(1, 2), perGroup * group, ...extents]), floats(rng, [perGroup * group, each, ...kernel]), ...bias],
  };
};

const matmul: Maker = (rng) => {
  const [m, k, n] = someShape(rng, 3) as [number, number, number];
  const batch = someShape(rng, rng.int(0, 2), 1, 3);
  const a = rng.int(0, 4) === 0 ? [k] : [...narrower(rng, batch), m, k];
  const b = rng.int(0, 4) === 0 ? [k] : [...narrower(rng, batch), k, n];
  return { op: 'MatMul', inputs: [floats(rng, a), floats(rng, b)] };
};

const intMatmul: Maker = (rng) => {
  const [m, k, n] = someShape(rng, 3) as [number, number, number];
  const dtype = chosen(rng, ['int32', 'int64'] as const);
  return { op: 'MatMul', inputs: [integers(rng, [2, m, k], -1e6, 1e6, dtype), integers(rng, [k, n], -1e6, 1e6, dtype)] };
};

const gemm: Maker = (rng) => {
  const [m, k, n] = someShape(rng, 3) as [number, number, number];
  const [transA, transB] = [flag(rng), flag(rng)];
  const c = chosen(rng, [undefined, [n], [1, n], [m, 1], [m, n], [1]]);
  return {
    op: 'Gemm',
    attrs: { transA, transB, alpha: { float: rng.normal() }, beta: { float: rng.normal() } },
    inputs: [floats(rng, transA ? [k, m] : [m, k]), floats(rng, transB ? [n, k] : [k, n]), ...(c ? [floats(rng, c)] : [])],
  };
};

const fusedMatmul: Maker = (rng) => {
  const [m, k, n, b] = someShape(rng, 4) as [number, number, number, number];
  const [transA, transB] = [flag(rng), flag(rng)];
  return {
    op: 'FusedMatMul',
    domain: 'com.microsoft',
    attrs: { transA, transB, alpha: { float: 0.5 } },
    inputs: [floats(rng, transA ? [b, k, m] : [b, m, k]), floats(rng, transB ? [b, n, k] : [b, k, n])],
  };
};

const pool =
  (op: string): Maker =>
  (rng) => {
    const { kernel, strides, dilations, extents } = window(rng, rng.int(1, 3));
    const auto = chosen(rng, ['NOTSET', 'NOTSET', 'NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID']);
    const max = op === 'MaxPool';
    // nor a kernel below the stride, whose padding it makes negative
    const steps = auto.startsWith('SAME') ? strides.map((v, i) => Math.min(v, kernel[i] as number)) : strides;
    const own = max ? { dilations: auto.startsWith('SAME') ? kernel.map(() => 1) : dilations } : { count_include_pad: flag(rng) };
    return {
      op,
      opset: max ? 12 : 11,
      attrs: {
        kernel_shape: kernel,
        strides: steps,
        auto_pad: auto,
        ...own,
        ...(auto === 'NOTSET' ? { pads: pads(rng, kernel), ceil_mode: flag(rng) } : {}),
      },
      inputs: [floats(rng, [rng.int(1, 2), rng.int(1, 3), ...extents])],
      ...(max ? { outputs: rng.int(1, 2) } : {}),
    };
  };

/** opset 19: dilations. */
const dilatedAverage: Maker = (rng) => {
  const { kernel, strides, dilations, extents } = window(rng, 2);
  return {
    op: 'AveragePool',
    opset: 19,
    attrs: { kernel_shape: kernel, strides, dilations, count_include_pad: flag(rng), pads: pads(rng, kernel) },
    inputs: [floats(rng, [1, 2, ...extents])],
  };
};

const globalPool =
  (op: string): Maker =>
  (rng) => ({ op, inputs: [floats(rng, someShape(rng, rng.int(3, 5)))] });

const batchNorm: Maker = (rng) => {
  const shape = someShape(rng, rng.int(2, 5));
  const c = shape[1] as number;
  const variance = floats(rng, [c]);
  return {
    op: 'BatchNormalization',
    opset: chosen(rng, [9, 14, 15]),
    attrs: { epsilon: { float: 1e-3 } },
    inputs: [
      floats(rng, shape),
      floats(rng, [c]),
      floats(rng, [c]),
      floats(rng, [c]),
      { ...variance, data: (variance.data as Float32Array).map((v) => v * v) },
    ],
  };
};

const instanceNorm: Maker = (rng) => {
  const shape = someShape(rng, rng.int(3, 4), 2, 4);
  return {
    op: 'InstanceNormalization',
    inputs: [floats(rng, shape), floats(rng, [shape[1] as number]), floats(rng, [shape[1] as number])],
  };
};

const groupNorm: Maker = (rng) => {
  const [groups, each] = [rng.int(1, 3), rng.int(1, 3)];
  const opset = chosen(rng, [18, 21]);
  const width = opset === 18 ? groups : groups * each;
  return {
    op: 'GroupNormalization',
    opset,
    attrs: { num_groups: groups },
    inputs: [floats(rng, [2, groups * each, 3, 2]), floats(rng, [width]), floats(rng, [width])],
    tolerance: 1e-4,
  };
};

const layerNorm: Maker = (rng) => {
  const shape = someShape(rng, rng.int(2, 4), 2, 5);
  const axis = rng.int(0, shape.length - 1);
  const inner = shape.slice(axis);
  return {
    op: 'LayerNormalization',
    opset: 17,
    attrs: { axis: flag(rng) ? axis : axis - shape.length, epsilon: { float: 1e-3 } },
    inputs: [floats(rng, shape), floats(rng, inner), ...(flag(rng) ? [floats(rng, inner)] : [])],
    outputs: rng.int(1, 3),
  };
};

const simplifiedNorm: Maker = (rng) => {
  const shape = someShape(rng, 3, 2, 5);
  return {
    op: 'SimplifiedLayerNormalization',
    opset: 17,
    attrs: { axis: -1, epsilon: { float: 1e-3 } },
    inputs: [floats(rng, shape), floats(rng, shape.slice(-1))],
  };
};

const skipNorm: Maker = (rng) => {
  const [b, s, h] = someShape(rng, 3, 2, 5) as [number, number, number];
  const simplified = flag(rng) === 1;
  const vectors = [floats(rng, [h]), ...(simplified ? [] : [floats(rng, [h])]), floats(rng, [h])];
  return {
    op: simplified ? 'SkipSimplifiedLayerNormalization' : 'SkipLayerNormalization',
    domain: 'com.microsoft',
    attrs: { epsilon: { float: 1e-3 } },
    inputs: [floats(rng, [b, s, h]), floats(rng, [b, s, h]), ...vectors],
  };
};

const embedNorm: Maker = (rng) => {
  const [b, s, h] = someShape(rng, 3, 2, 5) as [number, number, number];
  const mask = flag(rng) ? [integers(rng, [b, s], 1, 1, 'int32')] : [];
  return {
    op: 'EmbedLayerNormalization',
    domain: 'com.microsoft',
    attrs: { epsilon: { float: 1e-3 } },
    inputs: [
      integers(rng, [b, s], 0, 6, 'int32'),
      integers(rng, [b, s], 0, 1, 'int32'),
      floats(rng, [7, h]),
      floats(rng, [8, h]),
      floats(rng, [2, h]),
      floats(rng, [h]),
      floats(rng, [h]),
      ...mask,
    ],
    outputs: 2,
  };
};

const rmsNorm: Maker = (rng) => {
  const shape = someShape(rng, 3, 2, 5);
  const axis = rng.int(0, 2);
  return {
    op: 'RMSNormalization',
    opset: 23,
    attrs: { axis, epsilon: { float: 1e-3 } },
    inputs: [floats(rng, shape), floats(rng, shape.slice(axis))],
  };
};

const attention: Maker = (rng) => {
  const [heads, each] = [rng.int(1, 3), rng.int(1, 4)];
  const [batch, length, hidden] = [rng.int(1, 2), rng.int(1, 4), heads * each];
  const past = flag(rng) ? [floats(rng, [2, batch, heads, 3, each])] : [];
  return {
    op: 'Attention',
    domain: 'com.microsoft',
    attrs: { num_heads: heads },
    inputs: [
      floats(rng, [batch, length, hidden]),
      floats(rng, [hidden, 3 * hidden]),
      floats(rng, [3 * hidden]),
      ...(past.length > 0 ? [undefined, ...past] : []),
    ],
    outputs: past.length > 0 ? 2 : 1,
  };
};

const lrn: Maker = (rng) => ({
  op: 'LRN',
  attrs: { size: chosen(rng, [1, 3, 5]), alpha: { float: 0.5 }, beta: { float: 0.6 }, bias: { float: 1.5 } },
  inputs: [floats(rng, someShape(rng, 4))],
});

const softmax =
  (op: string): Maker =>
  (rng) => {
    const shape = someShape(rng, rng.int(1, 4));
    const axis = rng.int(0, shape.length - 1);
    const opset = chosen(rng, [11, 13]);
    return {
      op,
      opset,
      attrs: shape.length === 1 || flag(rng) ? { axis: flag(rng) ? axis : axis - shape.length } : {},
      inputs: [floats(rng, shape, 3)],
    };
  };

const reduce =
  (op: string): Maker =>
  (rng) => {
    const shape = someShape(rng, rng.int(1, 4));
    const axes = shape
      .map((_, a) => a)
      .filter(() => flag(rng) === 1)
      .map((a) => (flag(rng) ? a : a - shape.length));
    const opset = chosen(rng, op === 'ReduceSum' ? [11, 13] : [13, 18]);
    const asInput = op === 'ReduceSum' ? opset >= 13 : opset >= 18;
    const x = op.includes('Log') && !op.endsWith('Exp') ? integers(rng, shape, 1, 9, 'float32') : floats(rng, shape);
    const none = axes.length === 0;
    return {
      op,
      opset,
      attrs: { keepdims: flag(rng), ...(asInput ? { noop_with_empty_axes: none ? 0 : flag(rng) } : none ? {} : { axes }) },
      inputs: [x, ...(asInput && !none ? [list(axes)] : [])],
    };
  };

const intReduce: Maker = (rng) => ({
  op: chosen(rng, ['ReduceSum', 'ReduceMax', 'ReduceMin', 'ReduceProd']),
  opset: 13,
  attrs: { keepdims: flag(rng) },
  inputs: [integers(rng, someShape(rng, 3, 1, 2), -40, 40, chosen(rng, ['int32', 'int64'] as const))],
});

const argReduce: Maker = (rng) => {
  const shape = someShape(rng, rng.int(1, 3));
  return {
    op: chosen(rng, ['ArgMax', 'ArgMin']),
    attrs: { axis: rng.int(-shape.length, shape.length - 1), keepdims: flag(rng), select_last_index: flag(rng) },
    inputs: [integers(rng, shape, -2, 2, 'float32')],
  };
};

const reductions = ['Mean', 'Sum', 'Max', 'Min', 'Prod', 'L1', 'L2', 'LogSum', 'LogSumExp', 'SumSquare'];

const cases: Readonly<Record<string, Maker>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MatMul: matmul,
  'MatMul of integers': intMatmul,
  Gemm: gemm,
  FusedMatMul: fusedMatmul,
  MaxPool: pool('MaxPool'),
  AveragePool: pool('AveragePool'),
  'AveragePool with dilations': dilatedAverage,
  GlobalMaxPool: globalPool('GlobalMaxPool'),
  GlobalAveragePool: globalPool('GlobalAveragePool'),
  BatchNormalization: batchNorm,
  InstanceNormalization: instanceNorm,
  GroupNormalization: groupNorm,
  LayerNormalization: layerNorm,
  SimplifiedLayerNormalization: simplifiedNorm,
  RMSNormalization: rmsNorm,
  'SkipLayerNormalization and the simplified one': skipNorm,
  EmbedLayerNormalization: embedNorm,
  LRN: lrn,
  Softmax: softmax('Softmax'),
  LogSoftmax: softmax('LogSoftmax'),
  Hardmax: softmax('Hardmax'),
  ...Object.fromEntries(reductions.map((kind) => [`Reduce${kind}`, reduce(`Reduce${kind}`)])),
  'reductions of integers': intReduce,
  'ArgMax and ArgMin': argReduce,
};

describe('what ONNX Runtime computes', () => {
  test.each(Object.entries(cases))('%s', async (_, make) => {
    for (let seed = 1; seed <= 8; seed++) await agree(make(createRng(seed)));
  });

  test('the shapes of Attention', async () => {
    for (let seed = 1; seed <= 8; seed++) await agreeOnShapes(attention(createRng(seed)));
  });
});
