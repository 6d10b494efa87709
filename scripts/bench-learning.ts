/**
 * How fast AdaRound learns, against the product that every step needs: a 3x3 layer of 64 channels, X^T X, one thread. Rates are
 * those of the middle run of ten steps, and of ten products in one model, before learning and after: shares of one busy machine.
 */
import { nodeRunner } from '../src/adapters/onnxruntime/node';
import { quietContext } from '../src/core/base/context';
import type { ValueName } from '../src/core/ir/model';
import { columns, correlatedLayer } from '../src/core/reconstruct/correlated-layer.fixture';
import { GraphBuilder } from '../src/core/reconstruct/graph-builder';
import { learnRounding } from '../src/core/reconstruct/rounding';
import { floatTensor } from '../src/core/reconstruct/step-runner';
import { stepRunner } from '../src/engine/step-runner';

/** Steps of learning, and products, in one run. */
const CHAIN = 10;
const RUNS = 40;
const iterations = 1000;
const outputs = 64;
const middle = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1] ?? NaN;

export async function benchLearning(): Promise<void> {
  const runner = stepRunner(nodeRunner(), 'wasm', undefined);
  const products = await productTimes(runner);
  const { problem, nearest, heldOut } = correlatedLayer(256);
  const steps: number[] = [];
  let last: number | undefined;
  const result = await learnRounding(problem, { iterations, batch: 256, lr: 0.01, lambda: 1, linear: false }, runner, {
    ...quietContext(),
    progress() {
      const now = performance.now();
      if (last !== undefined) steps.push(now - last);
      last = now;
    },
  });
  products.push(...(await productTimes(runner)));
  const [step, product] = [middle(steps) / CHAIN, middle(products) / CHAIN];
  const gigas = (outputs * columns * columns) / product / 1e6;
  const gain = heldOut(nearest) / heldOut(result.integers);
  process.stdout.write(
    `\nAdaRound, 64 -> 64 channels, 3x3, 4 bits, X^T X, 1 thread\n` +
      `  plain product       ${product.toFixed(2).padStart(10)} ms   [${outputs}, ${columns}] x [${columns}, ${columns}], ${gigas.toFixed(1)} GMAC/s\n` +
      `  step of learning    ${step.toFixed(2).padStart(10)} ms   ${(1000 / step).toFixed(0)} iterations/s, ${((100 * product) / step).toFixed(0)} % of the plain product's rate\n` +
      `  error held out      ${gain.toFixed(1).padStart(10)} x   below nearest rounding after ${iterations} iterations on 256 samples\n`,
  );
}

/** Times of runs of CHAIN products, one on the result of the other. */
async function productTimes(runner: ReturnType<typeof stepRunner>): Promise<number[]> {
  const g = new GraphBuilder();
  const x = g.input('x', [outputs, columns]);
  const a = g.floats(
    Float32Array.from({ length: columns * columns }, (_, i) => ((i * 7919) % 997) / 997 / columns),
    [columns, columns],
  );
  let y: ValueName = x;
  for (let i = 0; i < CHAIN; i++) y = g.emit('MatMul', [y, a]);
  const session = await runner.open(g.model({ y }));
  const fed = new Map([['x', floatTensor([outputs, columns], new Float32Array(outputs * columns).fill(0.5))]]);
  const times: number[] = [];
  try {
    for (let i = 0; i < RUNS; i++) {
      const from = performance.now();
      await session.run(fed);
      times.push(performance.now() - from);
    }
  } finally {
    await session.close();
  }
  return times;
}
