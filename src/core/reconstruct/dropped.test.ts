/** Dropped elements: values and gradients against the operators' own rules. */
import { expect, it } from 'vitest';
import { createRng } from '../base/rng';
import type { ValueName } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import { int, mul } from '../ops/backward/common';
import { gradients } from './differentiate';
import { dropped } from './dropped';
import { floatSteps } from './float-steps.fixture';
import { GraphBuilder } from './graph-builder';
import { floatsFrom, floatTensor, runOnce } from './step-runner';
import { onGrid } from './step-size';

it.each([
  { shape: [], steps: [0.3], grid: { zeroPoint: 3, lo: 0, hi: 7 } },
  { shape: [5, 1], steps: [0.1, 0.3, 0.5, 0.9, 0.2], grid: { zeroPoint: 0, lo: -4, hi: 3 } },
])('has the gradient of rounding straight through, steps of shape $shape', async ({ shape, steps, grid }) => {
  const rng = createRng(8);
  const [x, r] = [1, 2].map(() => Float32Array.from({ length: 40 }, () => rng.normal())) as [Float32Array, Float32Array];
  const mask = Uint8Array.from({ length: 40 }, () => rng.int(0, 1));
  const of = [2, 5, 4];
  const g = new GraphBuilder();
  const [a, b, s, m] = [g.input('x', of), g.floats(r, of), g.input('s', shape), g.input('m', of, 'bool')];
  const told = (y: ValueName, suffix: string): Record<string, ValueName> => {
    const loss = g.emit('ReduceSum', [mul(g, y, b)], { keepdims: int(0) });
    const [dx, ds] = gradients(g, new Map([[loss, g.floats([1])]]), [a, s]);
    return { [`y${suffix}`]: y, [`dx${suffix}`]: dx as ValueName, [`ds${suffix}`]: ds as ValueName };
  };
  const model = g.model({ ...told(dropped(g, grid, a, s, m), '0'), ...told(g.emit('Where', [m, onGrid(g, grid, a, s), a]), '1') });
  const inputs = new Map<string, Tensor>([
    ['x', floatTensor(of, x)],
    ['s', floatTensor(shape, Float32Array.from(steps))],
    ['m', { dtype: 'bool', shape: of, data: mask }],
  ]);
  const outputs = await runOnce(floatSteps, model, inputs);
  for (const name of ['y', 'dx', 'ds']) {
    const [own, rules] = [floatsFrom(outputs, `${name}0`), floatsFrom(outputs, `${name}1`)];
    expect(outputs.get(`${name}0`)?.shape).toEqual(outputs.get(`${name}1`)?.shape);
    rules.forEach((v, i) => expect(Math.abs((own[i] as number) - v)).toBeLessThan(1e-5 * (1 + Math.abs(v))));
  }
});
