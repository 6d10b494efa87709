/**
 * A plugin's pruning criterion as an entry of the registry. Its scores are checked at every call, and asked for twice: a mask that
 * changes from call to call would make another bundle each time. Which weights go by them is quant/pruning.ts.
 */
import type { PruningCriterion } from '../quant/pruning';
import { checkedFloats, fault } from './checks';
import { kit } from './kit';
import { called, withFallbacks } from './quantizers';
import type { PruningPlugin } from './sdk';

/** What is wrong with scores that change from call to call. */
export const TWO_WAYS = 'scores the same weights in two ways';

export function pluginPruning(p: PruningPlugin): PruningCriterion {
  const options = p.options ?? [];
  const entry = `${p.id}.score`;
  return {
    id: p.id,
    title: p.title,
    options,
    async score(w, shape, channelAxis, given) {
      const ask = async (): Promise<Float32Array> =>
        checkedFloats(
          await called(entry, () => p.score({ data: w.slice(), shape, channelAxis }, withFallbacks(options, given), kit)),
          entry,
          w.length,
          Float32Array,
        );
      const [scores, again] = [await ask(), await ask()];
      const at = scores.findIndex((s, i) => s !== again[i]);
      if (at >= 0) throw fault(entry, TWO_WAYS, { got: `${scores[at]} and ${again[at]} at index ${at}` });
      return scores;
    },
  };
}
