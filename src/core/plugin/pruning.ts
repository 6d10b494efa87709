/**
 * A plugin's pruning criterion as a quantizer of weights: the weights with the lowest scores become 0, the others are those of
 * `minmax_channel`. Law: a pruned weight is the integer 0; of equal scores the earlier weights go first, so that the number is exact.
 */
import { dequantizeAffine, quantizeAffine } from '../quant/affine';
import { numberOption } from '../quant/clipped-range';
import type { OptionSpec, OptionValues, QParams, WeightQuantizer } from '../quant/quantizer';
import { minmaxChannel } from '../quant/quantizers/minmax-weight';
import { checkedFloats } from './checks';
import { kit } from './kit';
import { bitsRefusal, called, withFallbacks } from './quantizers';
import type { PruningPlugin } from './sdk';

const sparsity: OptionSpec = {
  id: 'sparsity',
  title: 'Sparsity',
  help: 'Share of the weights of every layer that become 0.',
  kind: { type: 'number', min: 0, max: 99, step: 0.5, unit: '%' },
  fallback: 50,
};

export function pluginPruning(p: PruningPlugin): WeightQuantizer {
  const own = p.options ?? [];
  const specs = [...own, ...(own.some((o) => o.id === sparsity.id) ? [] : [sparsity])];
  const integers = async (w: Float32Array, shape: readonly number[], q: QParams, given: OptionValues = {}): Promise<Int32Array> => {
    const answer = await called(`${p.id}.score`, () => p.score({ data: w.slice(), shape }, withFallbacks(specs, given), kit));
    const scores = checkedFloats(answer, `${p.id}.score`, w.length, Float32Array);
    const out = quantizeAffine(w, q, shape);
    const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => (scores[a] as number) - (scores[b] as number) || a - b);
    const gone = Math.floor((w.length * numberOption(sparsity, given)) / 100);
    for (let k = 0; k < gone; k++) out[order[k] as number] = 0;
    return out;
  };
  return {
    ...minmaxChannel,
    id: p.id,
    title: p.title,
    options: specs,
    supports: (scheme) => {
      const usual = minmaxChannel.supports(scheme);
      return usual === true ? bitsRefusal(scheme, p.bits ?? [2, 8], p.id) : usual;
    },
    quantize: integers,
    fakeQuantize: async (w, shape, q, options) => dequantizeAffine(await integers(w, shape, q, options), q, shape),
  };
}
