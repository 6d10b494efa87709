/**
 * Squared errors that quantizers make on a layer's own tensors: of weights from the tensor itself, of activations from the
 * histogram of the calibration. Each is computed once. Whatever is learned later is not in them.
 */
import { quietContext } from '../../base/context';
import type { Calibration } from '../../calibrate/types';
import type { CanonicalModel, ValueName } from '../../ir/model';
import type { ActivationStats, Scheme } from '../../quant/quantizer';
import { valuesOf } from '../../quant/range-loss';
import { activationQuantizer, builtInQuantizers, weightQuantizer, type Quantizers } from '../../quant/registry';
import { seenIn } from '../../quant/seen-in';
import type { Recipe } from '../../recipe/recipe';
import type { SweptLayer } from './layers';

export interface TensorErrors {
  /** 0 where the layer has no weight. */
  weights(layer: SweptLayer, algorithm: string, bits: number, recipe: Recipe): Promise<number>;
  activations(layer: SweptLayer, algorithm: string, bits: number, recipe: Recipe): Promise<number>;
}

export function tensorErrors(
  c: CanonicalModel,
  { stats }: Pick<Calibration, 'stats'>,
  quantizers: Quantizers = builtInQuantizers,
): TensorErrors {
  const known = new Map<string, Promise<number>>();
  const once = (key: readonly unknown[], make: () => Promise<number>): Promise<number> => {
    const text = JSON.stringify(key);
    const found = known.get(text) ?? make();
    known.set(text, found);
    return found;
  };
  return {
    weights: (layer, algorithm, bits, { weights: { options } }) =>
      once(['w', layer.id, algorithm, bits, options], async () => {
        const { weight } = layer;
        if (!weight) return 0;
        const quantizer = weightQuantizer(algorithm, quantizers);
        const scheme: Scheme = { bits, symmetric: true, signed: true, granularity: 'channel', narrow: true };
        const q = await quantizer.fit(weight.data, weight.shape, weight.channelAxis, scheme, options, quietContext());
        return squares(weight.data, await quantizer.fakeQuantize(weight.data, weight.shape, q, options));
      }),
    activations: (layer, algorithm, bits, { activations: { options, symmetric } }) =>
      once(['a', layer.id, algorithm, bits, symmetric, options], async () => {
        const found = statsBehind(c, stats, layer.input);
        // without statistics: the step halves with every bit
        if (!found) return 4 ** -bits;
        const quantizer = activationQuantizer(algorithm, quantizers);
        const { x, counts } = valuesOf(found);
        const values = Float32Array.from(x);
        const scheme: Scheme = { bits, symmetric, signed: undefined, granularity: 'tensor', narrow: false };
        // an observer that has seen no samples sees the values of the histogram once
        const q = await quantizer.fit(await seenIn(quantizer, found, [values], options), scheme, options);
        return squares(values, await quantizer.fakeQuantize(values, q, options), counts);
      }),
  };
}

function squares(x: Float32Array, y: Float32Array, counts?: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const d = (x[i] as number) - (y[i] as number);
    sum += (counts ? (counts[i] as number) : 1) * d * d;
  }
  return sum;
}

/** What an operator only moves has the statistics of its source. */
function statsBehind(c: CanonicalModel, all: Calibration['stats'], value: ValueName): ActivationStats | undefined {
  const seen = new Set<ValueName>();
  for (let at: ValueName | undefined = value; at !== undefined && !seen.has(at);) {
    const found = all.get(at);
    if (found) return found;
    seen.add(at);
    const from: ValueName = at;
    at = c.model.graph.nodes.find((n) => n.outputs.includes(from))?.inputs[0];
  }
  return undefined;
}
