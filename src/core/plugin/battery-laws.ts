/**
 * The laws of a quantizer and one examination: a case in, the laws that it breaks out. Works on registry entries, so built-in
 * quantizers and plugins are held to the same. Throws nothing that a quantizer throws.
 */
import type { QuantInfo } from '../ir/integer-model';
import { dequantizeAffine, quantizeAffine } from '../quant/affine';
import { rangeHistogram, statsOf } from '../quant/observers/range-histogram';
import type { ActivationQuantizer, WeightQuantizer } from '../quant/quantizer';
import { seenIn } from '../quant/seen-in';
import type { BatteryCase } from './battery-cases';
import { checkedFloats, checkedIntegers, checkedParams } from './checks';

export const laws = {
  answers: 'Answers on every finite tensor',
  parameters: 'Scales, zero point, range and granularity are usable',
  integers: 'Integers have the right type and number, and lie in the range',
  floats: 'Real values have the right type and number, and are finite',
  'dual-path': 'fakeQuantize equals dequantize of quantize, bit for bit',
  meaning: 'An integer means scale times (integer - zero point), as the integer model takes it',
  nearest: 'Activations become the nearest integers, as the layer before rounds them',
  deterministic: 'The same tensor gives the same result again',
  pure: 'What is given is not changed',
  'not-finite': 'NaN and infinity are refused',
  learning: 'What is learned lies in the range and loses no more than nearest rounding',
} as const;

export type Law = keyof typeof laws;

export interface Finding {
  readonly law: Law;
  readonly text: string;
}

type Quantizer = ActivationQuantizer | WeightQuantizer;

interface Paths {
  fit(): Promise<QuantInfo>;
  quantize(x: Float32Array, q: QuantInfo): Promise<unknown>;
  fake(x: Float32Array, q: QuantInfo): Promise<unknown>;
  dequantize(i: Int32Array, q: QuantInfo): Promise<unknown>;
  readonly probe: Float32Array;
  readonly given: readonly Float32Array[];
  readonly shape: readonly number[] | undefined;
}

function pathsOf(quantizer: Quantizer, c: BatteryCase): Paths {
  const { scheme, options } = c;
  if (c.target === 'activations') {
    const own = quantizer as ActivationQuantizer; // cases are made by the target
    return {
      async fit() {
        const stats = statsOf(rangeHistogram.update(rangeHistogram.start(), c.fitted));
        const half = c.fitted.length >> 1;
        const samples = half === 0 ? [c.fitted] : [c.fitted.slice(0, half), c.fitted.slice(half)];
        return own.fit(await seenIn(own, stats, samples, options), scheme, options);
      },
      quantize: async (x, q) => own.quantize(x, q, options),
      fake: async (x, q) => own.fakeQuantize(x, q, options),
      dequantize: async (i, q) => own.dequantize(i, q, options),
      probe: c.probe,
      given: [c.fitted, c.probe],
      shape: undefined,
    };
  }
  const own = quantizer as WeightQuantizer; // cases are made by the target
  const { data, shape, channelAxis } = c;
  const ctx = { signal: { aborted: false }, progress: () => undefined, warn: () => undefined, tick: () => Promise.resolve() };
  return {
    fit: async () => own.fit(data, shape, channelAxis, scheme, options, ctx),
    quantize: async (x, q) => own.quantize(x, shape, q, options),
    fake: async (x, q) => own.fakeQuantize(x, shape, q, options),
    dequantize: async (i, q) => own.dequantize(i, shape, q, options),
    probe: data,
    given: [data],
    shape,
  };
}

function bits(x: Float32Array): Int32Array {
  return new Int32Array(x.buffer, x.byteOffset, x.length);
}

const plain = (v: number): string => (Object.is(v, -0) ? '-0' : String(v));

/** Index and values of the first difference in bits. */
function difference(a: Float32Array | Int32Array, b: Float32Array | Int32Array): string | undefined {
  const [p, q] = [a instanceof Float32Array ? bits(a) : a, b instanceof Float32Array ? bits(b) : b];
  const i = p.findIndex((v, k) => v !== q[k]);
  return i < 0 ? undefined : `element ${i}: ${plain(a[i] as number)} and ${plain(b[i] as number)}`;
}

class Broken extends Error {
  readonly law: Law;
  constructor(law: Law, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause));
    this.law = law;
  }
}

async function under<T>(law: Law, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Broken(law, error);
  }
}

/** What a fault in a plugin's answer is told by: the guard of the registry sees it first. */
const guarded = (law: Law, error: unknown): Law =>
  error instanceof Broken && /^The plugin's/.test(error.message) && !/ failed, got/.test(error.message) ? law : 'answers';

async function asked<T>(law: Law, work: () => Promise<T>): Promise<T> {
  try {
    return await under('answers', work);
  } catch (error) {
    throw new Broken(guarded(law, error), error);
  }
}

/** Every law that the case breaks; `not-finite` is asked where `refuse` is set. */
export async function examine(quantizer: Quantizer, c: BatteryCase, refuse = false): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  const say = (law: Law, text: string | undefined): void => void (text !== undefined && found.push({ law, text }));
  const paths = pathsOf(quantizer, c);
  const before = paths.given.map((x) => x.slice());
  try {
    const run = async () => {
      const fitted = await asked('parameters', () => paths.fit());
      const channels = c.target === 'weights' ? { channels: { axis: c.channelAxis, count: c.shape[c.channelAxis] ?? 1 } } : {};
      const q = await under('parameters', () => checkedParams(fitted, quantizer.id, { scheme: c.scheme, ...channels }));
      const integers = await asked('integers', () => paths.quantize(paths.probe, q));
      const i = await under('integers', () => checkedIntegers(integers, `${quantizer.id}.quantize`, paths.probe.length, q));
      const faked = await asked('floats', () => paths.fake(paths.probe, q));
      const f = await under('floats', () => checkedFloats(faked, `${quantizer.id}.fakeQuantize`, paths.probe.length, Float32Array));
      const meant = await asked('floats', () => paths.dequantize(i.slice(), q));
      const d = await under('floats', () => checkedFloats(meant, `${quantizer.id}.dequantize`, paths.probe.length, Float32Array));
      return { q, i, f, d };
    };
    const { q, i, f, d } = await run();
    say('dual-path', told(difference(f, d), 'fakeQuantize and dequantize differ at'));
    say('meaning', told(difference(d, dequantizeAffine(i, q, paths.shape)), 'dequantize and scale * (q - z) differ at'));
    if (c.target === 'activations')
      say('nearest', told(difference(i, quantizeAffine(paths.probe, q)), 'quantize and rounding to nearest differ at'));
    const again = await run();
    say('deterministic', told(difference(q.scale, again.q.scale), 'two fits have other scales at'));
    say(
      'deterministic',
      q.zeroPoint === again.q.zeroPoint ? undefined : `two fits have the zero points ${q.zeroPoint} and ${again.q.zeroPoint}`,
    );
    say('deterministic', told(difference(i, again.i), 'two calls of quantize differ at'));
    say('deterministic', told(difference(f, again.f), 'two calls of fakeQuantize differ at'));
    if (refuse) for (const bad of [NaN, Infinity, -Infinity]) say('not-finite', await accepts(paths, q, bad));
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    say(error.law, error.message);
  }
  before.forEach((x, k) => say('pure', told(difference(x, paths.given[k] as Float32Array), 'a tensor was changed at')));
  // what was changed is put back: the next case has the same tensor
  before.forEach((x, k) => paths.given[k]?.set(x));
  return found;
}

function told(where: string | undefined, what: string): string | undefined {
  return where === undefined ? undefined : `${what} ${where}`;
}

async function accepts(paths: Paths, q: QuantInfo, bad: number): Promise<string | undefined> {
  const x = paths.probe.slice();
  x[0] = bad;
  for (const [name, work] of [
    ['quantize', paths.quantize],
    ['fakeQuantize', paths.fake],
  ] as const) {
    const answer: unknown = await work(x, q).then(
      (value) => ({ value }),
      () => undefined,
    );
    if (answer !== undefined) return `${name} takes ${bad}`;
  }
  return undefined;
}
