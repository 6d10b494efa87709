/**
 * The laws while a plugin is used: the battery has seen made-up tensors, a plugin may behave and misbehave later. Every `fit` is asked
 * for twice, and what `quantize` gives must mean what `fakeQuantize` gives, bit for bit, on the very tensors of the network.
 * Law: what a plugin gives otherwise than it promised ends the conversion with its name, and gets into no bundle.
 */
import { dequantizeAffine } from '../quant/affine';
import type { ActivationQuantizer, QParams, WeightQuantizer } from '../quant/quantizer';
import type { Quantizers } from '../quant/registry';
import { fault } from './checks';

/** Quantizers of plugins, held; built-in ones as they are. */
export function heldToLaws(quantizers: Quantizers): Quantizers {
  const { weights, activations, plugins = [] } = quantizers;
  const isBuiltIn = (target: 'weights' | 'activations', id: string): boolean => plugins.every((p) => !p[target].includes(id));
  return {
    ...quantizers,
    weights: weights.map((q) => (isBuiltIn('weights', q.id) ? q : heldWeights(q))),
    activations: activations.map((q) => (isBuiltIn('activations', q.id) ? q : heldActivations(q))),
  };
}

function heldWeights(own: WeightQuantizer): WeightQuantizer {
  return {
    ...own,
    async fit(...args) {
      return same(own.id, await own.fit(...args), await own.fit(...args));
    },
    async quantize(w, shape, q, options) {
      const integers = await own.quantize(w, shape, q, options);
      const [fake, meant] = [await own.fakeQuantize(w, shape, q, options), dequantizeAffine(integers, q, shape)];
      const at = meant.findIndex((v, i) => !Object.is(v, fake[i]));
      if (at >= 0) {
        throw fault(own.id, 'breaks the law "fakeQuantize equals dequantize of quantize" on a tensor of the network', {
          expected: `${fake[at]} at index ${at}`,
          got: `${meant[at]}, from the integer ${integers[at]}`,
        });
      }
      return integers;
    },
  };
}

function heldActivations(own: ActivationQuantizer): ActivationQuantizer {
  return {
    ...own,
    async fit(...args) {
      return same(own.id, await own.fit(...args), await own.fit(...args));
    },
  };
}

function same(id: string, a: QParams, b: QParams): QParams {
  const text = (q: QParams): string => JSON.stringify({ ...q, scale: [...q.scale] });
  if (text(a) === text(b)) return a;
  const at = a.scale.findIndex((s, i) => s !== b.scale[i]);
  throw fault(id, 'breaks the law "the same tensor gives the same result again" on a tensor of the network', {
    got: at >= 0 ? `the scales ${a.scale[at]} and ${b.scale[at]}` : 'two quantizers',
  });
}
