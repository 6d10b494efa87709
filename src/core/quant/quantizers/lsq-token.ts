/**
 * `lsq_token`: `lsq` where layers that can take their input token by token do (integer/token-wise.ts). Each token position begins
 * with the shrunk range that leaves its values the least error, and learns its own step; other tensors are those of `lsq`.
 * Laws: no worse on the rows than `minmax_token`; scales are whole multiples of the largest one's 2^-14, as there.
 */
import type { StepProblem, StepReader } from '../../reconstruct/step-size';
import { fakeQuantizeAffine, quantizeAffine } from '../affine';
import type { LocalActivationQuantizer } from '../quantizer';
import { lossOf } from '../range-loss';
import { lsq } from './lsq';
import { minmaxToken, tokenScales } from './minmax-token';

/** Shrink factors that are tried, and rows of a token that are looked at: more say the same. */
const FACTORS = 50;
const ROWS = 16;

export const lsqToken: LocalActivationQuantizer = {
  ...lsq,
  id: 'lsq_token',
  title: 'LSQToken',
  tokenWise: true,
  supports: minmaxToken.supports,
  async learn(problem, options, steps, ctx) {
    if (problem.readers.every((r) => r.tokens === undefined)) return lsq.learn(problem, options, steps, ctx);
    const bits = 33 - Math.clz32(problem.hi); // of a signed range
    const possible = (scale: Float32Array): Float32Array =>
      tokenScales(
        Float64Array.from(scale, (s) => s * problem.hi),
        bits,
      );
    return lsq.learn({ ...problem, start: possible(await shrunk(problem)), possible }, options, steps, ctx);
  },
  quantize: (x, q) => quantizeAffine(x, q),
  fakeQuantize: (x, q) => fakeQuantizeAffine(x, q),
};

/** Per token the scale with the least error of the values; a token without rows keeps its own. */
async function shrunk({ readers, scale, lo, hi }: StepProblem): Promise<Float32Array> {
  const [reader] = readers; // all read the same values
  const rows = scale.length === 0 || !reader ? [] : await rowsOfTokens(reader, scale.length);
  return scale.map((whole, t) => {
    const values = { x: rows[t] ?? [], counts: undefined };
    if (!values.x.some((v) => v !== 0)) return whole;
    let [best, least] = [whole, Infinity];
    for (let k = FACTORS; k > 0; k--) {
      const s = Math.fround((whole * k) / FACTORS);
      const loss = lossOf(values, { scale: s, least: lo, most: hi });
      if (loss < least) [best, least] = [s, loss];
    }
    return best;
  });
}

async function rowsOfTokens({ take, rows, tokens }: StepReader, count: number): Promise<readonly Float32Array[]> {
  const found = Array.from({ length: count }, (): number[] => []);
  for (let r = 0; r < rows; r++) {
    const own = found[tokens?.[r] ?? 0];
    if (own && own.length < ROWS) own.push(r);
  }
  const values: Float32Array[] = [];
  for (const own of found) values.push((await take(own)).x);
  return values;
}
