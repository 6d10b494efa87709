/**
 * The battery of a pruning criterion: its scores of random and adversarial weights, each broken law with a counterexample made as
 * small as it goes. The checks are those of every use (pruning.ts); here they are asked before it is offered. Throws only `CancelledError`.
 */
import { throwIfCancelled, type Context } from '../base/context';
import type { PruningCriterion } from '../quant/pruning';
import type { EntryReport, LawReport } from './battery';
import { weightCases, type WeightCase } from './battery-cases';
import { laws, type Finding, type Law } from './battery-laws';
import { TWO_WAYS } from './pruning';
import { shrink } from './shrink';

const asked: readonly Law[] = ['answers', 'floats', 'deterministic'];

export async function scoreBattery(criterion: PruningCriterion, options: { readonly seed: number }, ctx: Context): Promise<EntryReport> {
  const cases = weightCases(criterion.options, ({ bits }) => bits === 8 || 'scores know no bits', options.seed);
  const seen = new Map<Law, { readonly c: WeightCase; readonly text: string; readonly broken: number }>();
  for (const [i, c] of cases.entries()) {
    const finding = await examine(criterion, c);
    if (finding) {
      const { law, text } = finding;
      const before = seen.get(law);
      seen.set(law, before ? { ...before, broken: before.broken + 1 } : { c, text, broken: 1 });
    }
    ctx.progress({ stage: 'battery', done: i + 1, total: cases.length });
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  const reports: LawReport[] = [];
  for (const law of asked) {
    const first = seen.get(law);
    const ofAll = { law, title: laws[law], ok: first === undefined, cases: cases.length, broken: first?.broken ?? 0 };
    if (!first) {
      reports.push({ ...ofAll, counterexample: undefined });
      continue;
    }
    const c = await shrink(first.c, async (smaller) => {
      throwIfCancelled(ctx);
      return (await examine(criterion, smaller))?.law === law;
    });
    const { tensor, shape, scheme } = c;
    const text = (await examine(criterion, c))?.text ?? first.text;
    const common = { tensor, shape, fitted: undefined, bits: scheme.bits, symmetric: scheme.symmetric, options: c.options };
    reports.push({ ...ofAll, counterexample: { ...common, text, values: [...c.data] } });
  }
  const { id, title } = criterion;
  return { target: 'pruning', id, title, ok: reports.every((r) => r.ok), laws: reports };
}

async function examine(criterion: PruningCriterion, c: WeightCase): Promise<Finding | undefined> {
  try {
    await criterion.score(c.data, c.shape, c.channelAxis, c.options);
    return undefined;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (text.includes(TWO_WAYS)) return { law: 'deterministic', text };
    return { law: /^The plugin's/.test(text) && !/ failed, got/.test(text) ? 'floats' : 'answers', text };
  }
}
