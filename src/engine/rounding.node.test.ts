/** What learned rounding is worth on a whole layer in the float runtime: the acceptance of AdaRound. The rates are the bench's. */
import { expect, test } from 'vitest';
import { nodeRunner } from '../adapters/onnxruntime/node';
import { quietContext } from '../core/base/context';
import { correlatedLayer } from '../core/reconstruct/correlated-layer.fixture';
import { learnRounding } from '../core/reconstruct/rounding';
import { stepRunner } from './step-runner';

test('AdaRound leaves a sixth of the error of nearest rounding on inputs that it has not seen', { timeout: 300_000 }, async () => {
  const { problem, nearest, heldOut } = correlatedLayer(1024);
  const options = { iterations: 2000, batch: 256, lr: 0.01, lambda: 1, linear: false };
  const { integers, before, after, form } = await learnRounding(
    problem,
    options,
    stepRunner(nodeRunner(), 'wasm', undefined),
    quietContext(),
  );
  expect(form).toBe('gram');
  expect(after).toBeLessThan(before / 6);
  expect(heldOut(integers)).toBeLessThan(heldOut(nearest) / 6);
  problem.weight.forEach((w, i) =>
    expect(Math.abs((integers[i] as number) - w / (problem.scale[Math.floor(i / problem.columns)] as number))).toBeLessThan(1),
  );
});
