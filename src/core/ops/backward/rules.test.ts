/** Every backward rule against central differences of the operators' own float rules, away from corners. */
import { describe, expect, it } from 'vitest';
import { quietContext } from '../../base/context';
import type { Tensor } from '../../ir/tensor';
import { floatExecutor } from '../../passes/float-executor';
import { gradients } from '../../reconstruct/differentiate';
import { GraphBuilder } from '../../reconstruct/graph-builder';
import { cases, gradientCase } from './cases.fixture';
import { backwardRules } from './rules';

describe.each(cases.map((c, i) => ({ title: `${c.op} ${i}`, ...c })))('$title', (c) => {
  it('equals central differences', async () => {
    const { of } = c;
    const { values, model } = gradientCase(c);
    const executor = await floatExecutor(model, quietContext());
    const run = async (at: readonly Float32Array[]): Promise<readonly Tensor[]> =>
      (await executor?.run(
        new Map(of.map((shape, i) => [`x${i}`, { dtype: 'float32', shape, data: at[i] as Float32Array }])),
        quietContext(),
      )) ?? [];
    const [, ...grads] = await run(values);
    const h = 2 ** -6;
    for (const [i, v] of values.entries()) {
      expect(grads[i]?.shape).toEqual(of[i]);
      for (let k = 0; k < v.length; k++) {
        const moved = async (by: number): Promise<number> => {
          const other = v.map((e, j) => (j === k ? e + by : e));
          const [l] = await run(values.map((w, j) => (j === i ? other : w)));
          return (l?.data as Float32Array)[0] as number;
        };
        const slope = ((await moved(h)) - (await moved(-h))) / (2 * h);
        expect(Math.abs(((grads[i]?.data as Float32Array)[k] as number) - slope)).toBeLessThan(2e-3 * (1 + Math.abs(slope)));
      }
    }
  });
});

it('goes straight through Round, of which the slope is 0', () => {
  const g = new GraphBuilder();
  const x = g.input('x', [2]);
  const y = g.emit('Round', [x]);
  const dy = g.floats([3, 4], [2]);
  expect(gradients(g, new Map([[y, dy]]), [x])).toEqual([dy]);
});

it('has a case for every rule', () => {
  expect([...backwardRules.keys()].filter((type) => type !== 'Round' && !cases.some((c) => c.op === type))).toEqual([]);
});
