/** The battery on every built-in quantizer, and on quantizers that each break one law. */
import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { minmax } from '../quant/quantizers/minmax';
import { minmaxChannel } from '../quant/quantizers/minmax-weight';
import { builtInQuantizers } from '../quant/registry';
import type { ActivationQuantizer, WeightQuantizer } from '../quant/quantizer';
import { fakeQuantizeAffine, quantizeAffine } from '../quant/affine';
import { battery, type EntryReport } from './battery';
import type { Law } from './battery-laws';

const run = (quantizer: ActivationQuantizer | WeightQuantizer): Promise<EntryReport> => battery(quantizer, { seed: 7 }, quietContext());
const brokenLaws = (r: EntryReport): Law[] => r.laws.filter((l) => !l.ok).map((l) => l.law);

test.each([...builtInQuantizers.weights, ...builtInQuantizers.activations].map((q) => [q.target, q.id, q] as const))(
  '%s %s keeps every law',
  async (_target, _id, quantizer) => {
    const report = await run(quantizer);
    expect(report.laws.filter((l) => !l.ok)).toEqual([]);
    expect(report.laws.length).toBeGreaterThan(7);
    for (const l of report.laws) expect(l.cases).toBeGreaterThan(100);
  },
);

describe('a quantizer that breaks a law is told with a small counterexample', () => {
  const weights = (part: Partial<WeightQuantizer>): WeightQuantizer => ({ ...minmaxChannel, ...part });
  const activations = (part: Partial<ActivationQuantizer>): ActivationQuantizer => ({ ...minmax, ...part });
  const off = (i: Int32Array): Int32Array => i.map((v) => (v === 3 ? 4 : v));
  let calls = 0;
  const broken: readonly (readonly [Law, ActivationQuantizer | WeightQuantizer, RegExp])[] = [
    ['dual-path', weights({ quantize: (w, s, q) => off(quantizeAffine(w, q, s)) }), /fakeQuantize and dequantize differ at element 0/],
    ['dual-path', activations({ quantize: (x, q) => off(quantizeAffine(x, q)) }), /differ at element 0/],
    [
      'nearest',
      activations({
        quantize: (x, q) => off(quantizeAffine(x, q)),
        fakeQuantize: async (x, q) => minmax.dequantize(off(quantizeAffine(x, q)), q),
      }),
      /rounding to nearest differ at element 0/,
    ],
    [
      'meaning',
      weights({
        dequantize: (i, s, q) => fakeQuantizeAffine(Float32Array.from(i), { ...q, scale: q.scale.map(() => 1) }, s),
        fakeQuantize: (w, s, q) => fakeQuantizeAffine(Float32Array.from(quantizeAffine(w, q, s)), { ...q, scale: q.scale.map(() => 1) }, s),
      }),
      /scale \* \(q - z\) differ/,
    ],
    ['integers', weights({ quantize: (w, s, q) => quantizeAffine(w, q, s).slice(1) }), /Int32Array of \d+, got Int32Array of \d+/],
    ['integers', activations({ quantize: (x, q) => quantizeAffine(x, q).map((v) => v + 1) }), /outside of its range/],
    ['floats', weights({ fakeQuantize: (w) => w.map(() => NaN) }), /not finite/],
    [
      'deterministic',
      activations({ fit: (s, scheme) => minmax.fit({ ...s, max: s.max + (calls++ % 2) }, scheme, {}) }),
      /two fits have other scales/,
    ],
    ['pure', weights({ fakeQuantize: (w, s, q) => w.fill(0) && fakeQuantizeAffine(w, q, s) }), /a tensor was changed/],
    [
      'not-finite',
      activations({
        quantize: (x, q) =>
          quantizeAffine(
            x.map((v) => (v - v === 0 ? v : 0)),
            q,
          ),
      }),
      /quantize takes NaN/,
    ],
    [
      'parameters',
      weights({ fit: async (w, s, a, c, o, x) => ({ ...(await minmaxChannel.fit(w, s, a, c, o, x)), lo: -1000 }) }),
      /unusable lo/,
    ],
    [
      'answers',
      weights({
        fit: (w, s, a, c, o, x) => {
          if (w.includes(Math.fround(0.37))) throw new Error('no such luck');
          return minmaxChannel.fit(w, s, a, c, o, x);
        },
      }),
      /no such luck/,
    ],
  ];
  test.each(broken)('%s', async (law, quantizer, text) => {
    const report = await run(quantizer);
    expect(report.ok).toBe(false);
    expect(brokenLaws(report)).toContain(law);
    const { counterexample } = report.laws.find((l) => l.law === law) ?? {};
    expect(counterexample?.text).toMatch(text);
    // shrunk
    expect(counterexample?.values.length).toBeLessThanOrEqual(4);
  });
});
