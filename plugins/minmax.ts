/**
 * MinMax, rewritten as a plugin: weights per output channel, activations from their running extremes. Its ids are those of the
 * built-in ones, whose place it takes: bundles are the same, byte for byte.
 */
import type { Plugin } from 'torch2chip';

export default {
  apiVersion: 1,
  name: 'MinMax',
  weights: [
    {
      id: 'minmax_channel',
      title: 'MinMaxChannel',
      fit: (w, scheme, _options, kit) => kit.channelQuantizer(w, kit.channelMaxima(w), scheme),
    },
  ],
  activations: [
    {
      id: 'minmax',
      title: 'MinMax',
      fit: ({ min, max }, scheme, _options, kit) => kit.rangeQuantizer(min, max, scheme),
    },
  ],
} satisfies Plugin;
