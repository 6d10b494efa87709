/**
 * A plugin's observer as a quantizer of activations: what it keeps of every tensor is folded over the calibration samples before the
 * plan (core/prepare/observe.ts), and its `fit` is given it. Both paths are the even grid's.
 * Law: what is kept has one length from the start on, and holds no NaN.
 */
import { StudioError } from '../base/errors';
import type { ActivationQuantizer } from '../quant/quantizer';
import { checkedParams, fault } from './checks';
import { kit } from './kit';
import { called, pluginActivations, withFallbacks } from './quantizers';
import type { ObserverPlugin } from './sdk';

const MOST_KEPT = 65_536;

export function pluginObserver(p: ObserverPlugin): ActivationQuantizer {
  const specs = p.options ?? [];
  const { id, title, options, bits } = p;
  const grid = pluginActivations({
    ...{ id, title },
    ...(options ? { options } : {}),
    ...(bits ? { bits } : {}),
    fit: () => Promise.reject(new Error('an observer fits for itself')),
  });
  return {
    ...grid,
    observer: {
      async start(given) {
        return checkedKept(await called(`${id}.start`, () => p.start(withFallbacks(specs, given), kit)), `${id}.start`);
      },
      async update(kept, x, given) {
        const answer = await called(`${id}.observe`, () => p.observe(kept.slice(), x.slice(), withFallbacks(specs, given), kit));
        return checkedKept(answer, `${id}.observe`, kept.length);
      },
    },
    async fit({ seen, ...stats }, scheme, given) {
      const kept = seen?.[id];
      if (!kept) throw new StudioError({ code: 'internal', what: `${id} is fitted to a tensor that it has not observed` });
      const answer = await called(`${id}.fit`, () => p.fit({ ...stats, kept: kept.slice() }, scheme, withFallbacks(specs, given), kit));
      return checkedParams(answer, `${id}.fit`, { scheme });
    },
  };
}

function checkedKept(answer: unknown, entry: string, length?: number): Float64Array {
  const most = length === undefined ? `1 to ${MOST_KEPT}` : String(length);
  const fits =
    answer instanceof Float64Array && (length === undefined ? answer.length > 0 && answer.length <= MOST_KEPT : answer.length === length);
  if (!fits) {
    const got = answer instanceof Float64Array ? `${answer.length}` : (answer?.constructor?.name ?? String(answer));
    throw fault(entry, 'keeps something else than numbers of fixed length', { expected: `Float64Array of ${most}`, got });
  }
  const at = answer.findIndex(Number.isNaN);
  if (at >= 0) throw fault(entry, 'keeps a number that is none', { got: `NaN at index ${at}` });
  return answer;
}
