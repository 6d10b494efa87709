/**
 * The law battery: every quantizer of a registry's entries on random and adversarial tensors, each broken law with a counterexample
 * made as small as it goes. Pure; the result is data for panel and command line. It shows faults, it proves nothing.
 */
import { throwIfCancelled, type Context } from '../base/context';
import type { ActivationQuantizer, WeightQuantizer } from '../quant/quantizer';
import { activationCases, weightCases, type BatteryCase } from './battery-cases';
import { examine, laws, type Finding, type Law } from './battery-laws';
import { learningFindings } from './battery-learning';
import { shrink } from './shrink';

export interface Counterexample {
  /** What went wrong, with the numbers. */
  readonly text: string;
  /** Which tensor it came from. */
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
  /** Activations: what the quantizer was fitted to, where that is not the tensor itself. */
  readonly fitted: readonly number[] | undefined;
  readonly bits: number;
  readonly symmetric: boolean;
  readonly options: Readonly<Record<string, number | string | boolean>>;
}

export interface LawReport {
  readonly law: Law;
  readonly title: string;
  readonly ok: boolean;
  /** Of how many cases so many break it. */
  readonly cases: number;
  readonly broken: number;
  readonly counterexample: Counterexample | undefined;
}

export interface EntryReport {
  readonly target: 'weights' | 'activations' | 'pruning';
  readonly id: string;
  readonly title: string;
  readonly ok: boolean;
  readonly laws: readonly LawReport[];
}

/** Throws only `CancelledError`. `learns`: the entry learns without steps of its own (plugins). */
export async function battery(
  quantizer: ActivationQuantizer | WeightQuantizer,
  options: { readonly seed: number; readonly learns?: boolean },
  ctx: Context,
): Promise<EntryReport> {
  const { id, title, target } = quantizer;
  const make = target === 'activations' ? activationCases : weightCases;
  const cases: readonly BatteryCase[] = make(quantizer.options, (s) => quantizer.supports(s), options.seed);
  const first = new Map<Law, { readonly c: BatteryCase; readonly finding: Finding }>();
  const broken = new Map<Law, number>();
  const schemes = new Set<string>();
  for (const [i, c] of cases.entries()) {
    const key = JSON.stringify([c.scheme, c.options]);
    const findings = await examine(quantizer, c, !schemes.has(key));
    schemes.add(key);
    for (const law of new Set(findings.map((f) => f.law))) {
      broken.set(law, (broken.get(law) ?? 0) + 1);
      if (!first.has(law)) first.set(law, { c, finding: findings.find((f) => f.law === law) as Finding }); // it is among them
    }
    ctx.progress({ stage: 'battery', done: i + 1, total: cases.length });
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  const reports: LawReport[] = [];
  for (const law of Object.keys(laws) as Law[]) {
    if (law === 'learning' && options.learns !== true) continue;
    if (law === 'nearest' && target === 'weights') continue;
    if (law === 'learning') {
      const text = await learningFindings(quantizer as WeightQuantizer, options.seed, ctx); // only weights learn so
      reports.push({
        law,
        title: laws[law],
        ok: text === undefined,
        cases: 1,
        broken: text === undefined ? 0 : 1,
        counterexample: learnt(text),
      });
      continue;
    }
    const seen = first.get(law);
    const counterexample = seen && (await counterexampleOf(quantizer, law, seen.c, ctx));
    const answers = law === 'answers' && cases.length === 0;
    reports.push({
      law,
      title: laws[law],
      ok: seen === undefined && !answers,
      cases: cases.length,
      broken: broken.get(law) ?? 0,
      counterexample,
    });
  }
  return { target, id, title, ok: reports.every((r) => r.ok), laws: reports };
}

function learnt(text: string | undefined): Counterexample | undefined {
  if (text === undefined) return undefined;
  return { text, tensor: 'a small layer', shape: [], values: [], fitted: undefined, bits: 4, symmetric: true, options: {} };
}

async function counterexampleOf(
  quantizer: ActivationQuantizer | WeightQuantizer,
  law: Law,
  start: BatteryCase,
  ctx: Context,
): Promise<Counterexample> {
  const breaks = async (c: BatteryCase): Promise<boolean> => {
    await ctx.tick();
    throwIfCancelled(ctx);
    return (await examine(quantizer, c, law === 'not-finite')).some((f) => f.law === law);
  };
  const c = await shrink(start, breaks);
  // a quantizer that is not deterministic may keep the law now
  const text =
    (await examine(quantizer, c, law === 'not-finite')).find((f) => f.law === law)?.text ?? 'it was broken once, and kept at another try';
  const { scheme, options, tensor } = c;
  const common = { text, tensor, bits: scheme.bits, symmetric: scheme.symmetric, options };
  if (c.target === 'weights') return { ...common, shape: c.shape, values: [...c.data], fitted: undefined };
  const same = c.fitted.length === c.probe.length && c.fitted.every((v, i) => Object.is(v, c.probe[i]));
  return { ...common, shape: [c.probe.length], values: [...c.probe], fitted: same ? undefined : [...c.fitted] };
}
