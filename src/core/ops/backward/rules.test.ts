/** Every backward rule against central differences of the operators' own float rules, away from corners. */
import { describe, expect, it } from 'vitest';
import { quietContext } from '../../base/context';
import { createRng } from '../../base/rng';
import type { ValueName } from '../../ir/model';
import { sizeOf, type Tensor } from '../../ir/tensor';
import { floatExecutor } from '../../passes/float-executor';
import { gradients } from '../../reconstruct/differentiate';
import { GraphBuilder } from '../../reconstruct/graph-builder';
import { int, ints } from './common';
import { backwardRules } from './rules';

interface Case {
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
const positive = (z: number): number => 0.5 + Math.abs(z);

const cases: readonly Case[] = [
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
];

/** sum(y * r), r random and fixed. */
function lossOf(g: GraphBuilder, y: ValueName): ValueName {
  const rng = createRng(9);
  const r = g.floats(
    Array.from({ length: g.size(y) }, () => rng.normal()),
    g.shape(y),
  );
  return g.emit('ReduceSum', [g.emit('Mul', [y, r])], { keepdims: int(0) });
}

describe.each(cases.map((c, i) => ({ title: `${c.op} ${i}`, ...c })))('$title', ({ of, draw, build }) => {
  it('equals central differences', async () => {
    const rng = createRng(3);
    const values = of.map((shape) => Float32Array.from({ length: sizeOf(shape) }, () => (draw ?? ((z) => z))(rng.normal())));
    const g = new GraphBuilder();
    const x = of.map((shape, i) => g.input(`x${i}`, shape));
    const loss = lossOf(g, build(g, x));
    const found = gradients(g, new Map([[loss, g.floats([1])]]), x);
    const model = g.model({ loss, ...Object.fromEntries(found.map((v, i) => [`d${i}`, v as ValueName])) });
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
