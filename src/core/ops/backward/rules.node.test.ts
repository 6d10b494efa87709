/** What backward rules emit on ONNX Runtime: the gradients of our own float rules, one session a case. */
import { expect, it } from 'vitest';
import { nodeRunner } from '../../../adapters/onnxruntime/node';
import { stepRunner } from '../../../engine/step-runner';
import { floatSteps } from '../../reconstruct/float-steps.fixture';
import { floatsFrom, floatTensor, runOnce } from '../../reconstruct/step-runner';
import { cases, gradientCase } from './cases.fixture';

const steps = stepRunner(nodeRunner(), 'wasm', undefined);
/** Functions of later operator sets than the steps are written in. */
const newer = new Set(['Gelu', 'Mish']);

it.each(cases.filter((c) => !newer.has(c.op)).map((c, i) => ({ title: `${c.op} ${i}`, c })))('$title', async ({ c }) => {
  const { values, model } = gradientCase(c);
  const inputs = new Map(c.of.map((shape, i) => [`x${i}`, floatTensor(shape, values[i] as Float32Array)]));
  const [own, theirs] = [await runOnce(floatSteps, model, inputs), await runOnce(steps, model, inputs)];
  for (const i of c.of.keys()) {
    const found = floatsFrom(theirs, `d${i}`);
    floatsFrom(own, `d${i}`).forEach((v, k) => expect(Math.abs((found[k] as number) - v)).toBeLessThan(1e-4 * (1 + Math.abs(v))));
  }
});
