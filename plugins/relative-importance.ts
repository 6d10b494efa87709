/**
 * Relative importance (Zhang et al. 2024, without its factor of activations): a pruning criterion; a weight counts by its share of what
 * its output channel has and of what its place in all channels has, so that no channel loses all that it has.
 */
import type { Plugin } from 'torch2chip';

export default {
  apiVersion: 1,
  name: 'Relative importance',
  pruning: [
    {
      id: 'relative_importance',
      title: 'Relative importance',
      options: [
        {
          id: 'balance',
          title: 'Balance',
          help: 'What the share in the place weighs beside the share in the channel.',
          kind: { type: 'number', min: 0, max: 10, step: 0.1 },
          fallback: 1,
        },
      ],
      score(w, { balance }, kit) {
        const channelOf = kit.channelOf(w);
        const channels = w.shape[w.channelAxis] ?? 1;
        const columns = w.data.length / channels;
        // [outputs, ...] or, where the channel is the last axis, [inputs, outputs]
        const placeOf = (i: number): number => (w.channelAxis === 0 ? i % columns : Math.floor(i / channels));
        const perChannel = new Float64Array(channels);
        const perPlace = new Float64Array(columns);
        w.data.forEach((v, i) => {
          perChannel[channelOf(i)] = (perChannel[channelOf(i)] ?? 0) + Math.abs(v);
          perPlace[placeOf(i)] = (perPlace[placeOf(i)] ?? 0) + Math.abs(v);
        });
        const share = (v: number, of = 0): number => (of === 0 ? 0 : Math.abs(v) / of);
        return w.data.map((v, i) => share(v, perChannel[channelOf(i)]) + Number(balance) * share(v, perPlace[placeOf(i)]));
      },
    },
  ],
} satisfies Plugin;
