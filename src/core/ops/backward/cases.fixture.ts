/** Small graphs around every operator that has a backward rule, for the tests that hold the rules. */
import { createRng } from '../../base/rng';
import type { ValueName } from '../../ir/model';
import { gradients } from '../../reconstruct/differentiate';
import { GraphBuilder } from '../../reconstruct/graph-builder';
import { sizeOf } from '../../ir/tensor';
import { float, int, ints } from './common';

export interface Case {
  readonly op: string;
  /** Shapes of the operands that are differentiated. */
  readonly of: readonly (readonly number[])[];
  /** Elements, from a standard normal number. */
  readonly draw?: (z: number) => number;
  readonly build: (g: GraphBuilder, x: readonly ValueName[]) => ValueName;
}

const op = (name: string, of: readonly (readonly number[])[], attrs = {}, draw?: (z: number) => number): Case => ({
  op: name,
  of,
  ...(draw ? { draw } : {}),
  build: (g, x) => g.emit(name, x, attrs),
});
/** Far apart: no two within a step of the differences, as far as draws go. */
const spread = (z: number): number => Math.round(z * 64) / 8;
const positive = (z: number): number => 0.5 + Math.abs(z);

export const cases: readonly Case[] = [
  op('Add', [
    [2, 3, 4],
    [3, 1],
  ]),
  op('Sub', [[4], [2, 3, 4]]),
  op('Mul', [[2, 3, 4], []]),
  op('Mul', [
    [2, 1, 4],
    [3, 1],
  ]),
  op('Div', [[2, 3], [3]], {}, positive),
  { op: 'Pow', of: [[2, 5]], draw: positive, build: (g, [x]) => g.emit('Pow', [x, g.floats([2.5])]) },
  op('Sigmoid', [[3, 4]]),
  op('Abs', [[3, 4]], {}, (z) => z + Math.sign(z) * 0.1),
  op('Neg', [[3]]),
  // nothing within 0.1 of a bound
  {
    op: 'Clip',
    of: [[4, 5]],
    draw: (z) => Math.round(z * 2) / 2 + 0.25,
    build: (g, [x]) => g.emit('Clip', [x, g.floats([-0.5]), g.floats([1])]),
  },
  op('MatMul', [
    [2, 3, 4],
    [2, 4, 5],
  ]),
  op('MatMul', [
    [2, 3, 4],
    [4, 5],
  ]),
  { op: 'ReduceSum', of: [[2, 3, 4]], build: (g, [x]) => g.emit('ReduceSum', [x, g.ints([-1, 0])], { keepdims: int(0) }) },
  { op: 'ReduceSum', of: [[2, 3]], build: (g, [x]) => g.emit('ReduceSum', [x], { keepdims: int(1) }) },
  op('ReduceMean', [[2, 3, 4]], { axes: ints([1]), keepdims: int(1) }),
  { op: 'Reshape', of: [[2, 6]], build: (g, [x]) => g.emit('Reshape', [x, g.ints([3, -1])]) },
  op('Flatten', [[2, 3, 4]]),
  { op: 'Squeeze', of: [[2, 1, 3]], build: (g, [x]) => g.emit('Squeeze', [x, g.ints([1])]) },
  { op: 'Unsqueeze', of: [[2, 3]], build: (g, [x]) => g.emit('Unsqueeze', [x, g.ints([0])]) },
  op('Identity', [[3]]),
  op('Transpose', [[2, 3, 4]], { perm: ints([1, 2, 0]) }),
  ...functionCases(),
  ...convCases(),
  ...poolCases(),
  ...moveCases(),
  op('Gemm', [[3, 4], [4, 5], [5]], { alpha: float(0.5), beta: float(2) }),
  op(
    'Gemm',
    [
      [4, 3],
      [5, 4],
      [3, 5],
    ],
    { transA: int(1), transB: int(1) },
  ),
  op('Softmax', [[2, 5]]),
  op('Softmax', [[2, 3, 4]], { axis: int(1) }),
  op('LogSoftmax', [[2, 5]]),
  op('LayerNormalization', [[2, 3, 6], [6], [6]], { epsilon: float(0.01) }),
  op(
    'LayerNormalization',
    [
      [2, 3, 4],
      [3, 4],
    ],
    { axis: int(1), epsilon: float(0.01) },
  ),
  {
    op: 'BatchNormalization',
    of: [[2, 3, 2, 2]],
    build: (g, [x]) =>
      g.emit('BatchNormalization', [x, ...[1.5, 0.2, -0.3, 0.7].map((v) => g.floats([v, v + 1, v + 2].map(Math.abs), [3]))]),
  },
  op('ReduceMax', [[2, 3, 4]], { axes: ints([1]), keepdims: int(0) }, spread),
  op('ReduceMin', [[2, 3]], {}, spread),
  op('Max', [[2, 3], [3], [2, 3]], {}, spread),
  op(
    'Min',
    [
      [2, 3],
      [1, 3],
    ],
    {},
    spread,
  ),
  {
    op: 'Where',
    of: [[2, 3], [3]],
    build: (g, x) => g.emit('Where', [g.emit('Greater', [g.floats([1, -1, 1, 1, -1, -1], [2, 3]), g.floats([0])]), ...x]),
  },
];

function functionCases(): Case[] {
  const functions: readonly (readonly [string, object?, ((z: number) => number)?])[] = [
    ...['Tanh', 'Erf', 'Exp', 'Softplus', 'Mish', 'Gelu', 'Sin', 'Cos'].map((name) => [name] as const),
    ['Gelu', { approximate: { type: 'string', value: 'tanh' } }],
    ...['Log', 'Sqrt', 'Reciprocal'].map((name) => [name, {}, positive] as const),
    // nothing within 0.1 of a corner
    ...['Relu', 'LeakyRelu', 'Elu', 'Celu', 'Selu', 'HardSwish', 'ThresholdedRelu', 'HardSigmoid'].map(
      (name) => [name, {}, (z: number) => Math.round(z * 2) / 2 + 0.25] as const,
    ),
    ['LeakyRelu', { alpha: float(0.3) }, (z) => z + Math.sign(z) * 0.1],
    ['Elu', { alpha: float(0.7) }, (z) => z + Math.sign(z) * 0.1],
    ['Softsign', {}, (z) => z + Math.sign(z) * 0.1],
    ['Celu', { alpha: float(2) }, (z) => z + Math.sign(z) * 0.1],
  ];
  return [
    ...functions.map(([name, attrs = {}, draw]) => op(name, [[3, 5]], attrs, draw)),
    op(
      'PRelu',
      [
        [2, 3, 4],
        [3, 1],
      ],
      {},
      (z) => z + Math.sign(z) * 0.1,
    ),
  ];
}

function convCases(): Case[] {
  const pads = ints([1, 0, 2, 1]);
  const same = { auto_pad: { type: 'string', value: 'SAME_UPPER' }, strides: ints([2, 2]) } as const;
  return [
    op(
      'Conv',
      [
        [2, 2, 5, 6],
        [3, 2, 3, 3],
      ],
      { pads: ints([1, 2, 0, 1]), dilations: ints([1, 2]) },
    ),
    op(
      'Conv',
      [
        [1, 2, 4, 4],
        [3, 2, 2, 2],
      ],
      { pads: ints([2, 0, 1, 3]) },
    ),
    op('Conv', [[2, 2, 5, 4], [3, 2, 3, 2], [3]], { pads }),
    op(
      'Conv',
      [
        [1, 4, 6, 5],
        [6, 2, 3, 3],
      ],
      { pads: ints([1, 1, 1, 1]), group: int(2), strides: ints([2, 2]) },
    ),
    op(
      'Conv',
      [
        [2, 4, 6, 7],
        [4, 1, 2, 3],
      ],
      { pads, group: int(4), strides: ints([2, 3]), dilations: ints([2, 1]) },
    ),
    op('Conv', [
      [2, 3, 4, 3],
      [5, 3, 1, 1],
    ]),
    op(
      'Conv',
      [
        [1, 3, 5, 4],
        [2, 3, 1, 1],
      ],
      { strides: ints([2, 2]) },
    ),
    op(
      'Conv',
      [
        [1, 2, 6, 6],
        [2, 2, 3, 3],
      ],
      same,
    ),
    op(
      'Conv',
      [
        [2, 2, 9],
        [3, 2, 3],
      ],
      { dilations: ints([2]), pads: ints([1, 2]) },
    ),
    op(
      'Conv',
      [
        [1, 2, 3, 4, 3],
        [2, 2, 2, 2, 2],
      ],
      { strides: ints([1, 2, 1]) },
    ),
  ];
}

function poolCases(): Case[] {
  const pooled = (name: string, shape: readonly number[], attrs: object): Case => op(name, [shape], attrs, spread);
  const three = { kernel_shape: ints([3, 3]), strides: ints([2, 2]) };
  return [
    pooled('MaxPool', [2, 2, 4, 4], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) }),
    pooled('MaxPool', [1, 2, 6, 5], { ...three, pads: ints([1, 1, 1, 1]) }),
    pooled('MaxPool', [2, 6], { kernel_shape: ints([2]), strides: ints([1]) }),
    pooled('GlobalMaxPool', [2, 3, 3, 2], {}),
    pooled('AveragePool', [2, 2, 4, 4], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) }),
    pooled('AveragePool', [1, 2, 6, 5], { ...three, pads: ints([1, 1, 1, 1]) }),
    pooled('AveragePool', [1, 2, 6, 5], { ...three, pads: ints([1, 1, 1, 1]), count_include_pad: int(1) }),
    pooled('AveragePool', [1, 1, 6, 6], { ...three, ceil_mode: int(1) }),
    pooled('GlobalAveragePool', [2, 3, 3, 2], {}),
  ].map((c) => (c.of[0]?.length === 2 ? { ...c, of: [[1, 2, 6]] } : c));
}

function moveCases(): Case[] {
  const slice = (shape: readonly number[], starts: number[], ends: number[], axes: number[], steps: number[]): Case => ({
    op: 'Slice',
    of: [shape],
    build: (g, [x]) => g.emit('Slice', [x, ...[starts, ends, axes, steps].map((l) => g.ints(l))]),
  });
  return [
    slice([2, 6], [1], [5], [1], [1]),
    slice([7, 5], [1, -1], [7, -6], [0, 1], [3, -2]),
    slice([2, 3, 4], [0], [100], [-1], [2]),
    { op: 'Slice', of: [[4, 3]], build: (g, [x]) => g.emit('Slice', [x, g.ints([1, 0]), g.ints([3, 2])]) },
    op(
      'Concat',
      [
        [2, 3],
        [2, 1],
        [2, 2],
      ],
      { axis: int(-1) },
    ),
    {
      op: 'Split',
      of: [[2, 6]],
      build: (g, [x]) => {
        const parts = g.emitAll('Split', [x, g.ints([1, 2, 3])], { axis: int(1) }, 3);
        return g.emit('Concat', [parts[2], parts[0]], { axis: int(1) });
      },
    },
    {
      op: 'Split',
      of: [[4, 2]],
      build: (g, [x]) => g.emitAll('Split', [x], {}, 2)[1] as ValueName,
    },
    { op: 'Pad', of: [[2, 3]], build: (g, [x]) => g.emit('Pad', [x, g.ints([1, 0, 0, 2])]) },
    { op: 'Pad', of: [[4, 3]], build: (g, [x]) => g.emit('Pad', [x, g.ints([-1, 2, 1, -1]), g.floats([3])]) },
    { op: 'Expand', of: [[3, 1]], build: (g, [x]) => g.emit('Expand', [x, g.ints([2, 3, 4])]) },
    { op: 'Tile', of: [[2, 3]], build: (g, [x]) => g.emit('Tile', [x, g.ints([2, 3])]) },
    { op: 'Gather', of: [[4, 3]], build: (g, [x]) => g.emit('Gather', [x, g.ints([2, 0, 2])]) },
    {
      op: 'Gather',
      of: [[2, 4, 3]],
      build: (g, [x]) => g.emit('Gather', [x, g.emit('Reshape', [g.ints([2, 0, -1, 1]), g.ints([2, 2])])], { axis: int(1) }),
    },
    op('Dropout', [[3]]),
  ];
}

/** sum(y * r), r random and fixed. */
function lossOf(g: GraphBuilder, y: ValueName): ValueName {
  const rng = createRng(9);
  const r = g.floats(
    Array.from({ length: g.size(y) }, () => rng.normal()),
    g.shape(y),
  );
  return g.emit('ReduceSum', [g.emit('Mul', [y, r])], { keepdims: int(0) });
}

/** The case's operands, and the model that gives a loss and its gradients `d0`, `d1`, ... from `x0`, `x1`, ... */
export function gradientCase({ of, draw, build }: Case) {
  const rng = createRng(3);
  const values = of.map((shape) => Float32Array.from({ length: sizeOf(shape) }, () => (draw ?? ((z) => z))(rng.normal())));
  const g = new GraphBuilder();
  const x = of.map((shape, i) => g.input(`x${i}`, shape));
  const loss = lossOf(g, build(g, x));
  const found = gradients(g, new Map([[loss, g.floats([1])]]), x);
  return { values, model: g.model({ loss, ...Object.fromEntries(found.map((v, i) => [`d${i}`, v as ValueName])) }) };
}
