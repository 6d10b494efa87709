/** Rows times weights are the accumulators of the executor; sums of products are exact. */
import { expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import { convert, randomInputs } from '../integer/lawful.fixture';
import { execute } from '../integer/execute';
import type { Sketch } from '../integer/canonical.fixture';
import { gram } from './gram';
import { fromWeightRows, layerRows, weightRows } from './layer-rows';
import type { LinearOp } from './sweep';

const rng = createRng(8);
const constant = (shape: readonly number[]) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal()),
});

function sketch(
  op: string,
  x: readonly number[],
  w: readonly number[],
  y: readonly number[],
  attrs: Sketch['nodes'][number]['attrs'] = {},
): Sketch {
  return {
    nodes: [{ op, inputs: ['x', 'w'], outputs: ['y'], attrs }],
    inputs: ['x'],
    outputs: ['y'],
    shapes: { x, y },
    constants: { w: constant(w) },
  };
}

const sketches: readonly (readonly [string, Sketch, boolean])[] = [
  [
    'grouped, strided, padded',
    sketch('Conv', [1, 4, 7, 6], [6, 2, 3, 3], [1, 6, 4, 3], { group: 2, strides: [2, 2], pads: [1, 1, 1, 1] }),
    false,
  ],
  [
    'depthwise, dilated, unlike pads',
    sketch('Conv', [1, 3, 7, 7], [3, 1, 2, 3], [1, 3, 7, 5], { group: 3, dilations: [1, 2], pads: [0, 0, 1, 2] }),
    false,
  ],
  ['one spatial axis', sketch('Conv', [1, 3, 9], [4, 3, 3], [1, 4, 4], { strides: [2] }), false],
  ['two samples', sketch('Conv', [2, 2, 4, 4], [3, 2, 2, 2], [2, 3, 3, 3]), false],
  ['Gemm, transB', sketch('Gemm', [2, 5], [3, 5], [2, 3], { transB: 1 }), false],
  ['MatMul', sketch('MatMul', [1, 4, 5], [5, 3], [1, 4, 3]), true],
];

test.each(sketches)('%s', async (_, s, turned) => {
  const { model } = await convert(s, { x: [-1, 2], y: [-9, 9] });
  const op = model.ops.find((o): o is LinearOp => o.kind === 'conv' || o.kind === 'gemm' || o.kind === 'matmul');
  if (!op) throw new Error('op');
  const inputs = randomInputs(model, rng);
  const all = await execute(model, inputs, { keep: 'all' }, quietContext());
  const acc = all.get(op.acc);
  const x = all.get('x')?.data as Uint8Array;
  const weight = model.constants.get(op.weight as string);
  if (!acc || !weight) throw new Error('acc');
  const rows = layerRows(op, model);
  const outputs = weight.shape[turned ? 1 : 0] as number;
  const w = weightRows(weight.data as Int8Array, outputs, turned);
  const back = new Int8Array(w.length);
  fromWeightRows(w, outputs, turned, back);
  expect(back).toEqual(weight.data);
  const batch = op.kind === 'conv' ? (acc.shape[0] as number) : 1;
  const plane = rows.positions / batch;
  const row = new Float64Array(rows.columns);
  for (let p = 0; p < rows.positions; p++) {
    for (let o = 0; o < outputs; o++) {
      rows.fill(x, p, Math.floor(o / (outputs / rows.groups)), row, 0);
      const sum = row.reduce((a, v, k) => a + v * (w[o * rows.columns + k] as number), 0);
      const at = op.kind === 'conv' ? (Math.floor(p / plane) * outputs + o) * plane + (p % plane) : p * outputs + o;
      expect(sum).toBe(acc.data[at]);
    }
  }
  const g = await gram(rows, 1, async () => x, 0, quietContext());
  expect(g.rows).toBe(rows.positions);
  g.groups.forEach((h, group) => {
    for (let i = 0; i < rows.columns; i++) {
      for (let j = 0; j < rows.columns; j++) {
        let sum = 0n;
        for (let p = 0; p < rows.positions; p++) {
          rows.fill(x, p, group, row, 0);
          sum += BigInt(row[i] as number) * BigInt(row[j] as number);
        }
        expect(BigInt(h[i * rows.columns + j] as number)).toBe(sum);
      }
    }
  });
});
