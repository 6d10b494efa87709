/** Percentile: activations, the range that leaves out at most a given share of the values at each end; the rest is clipped. */
import type { Plugin } from 'torch2chip';

export default {
  apiVersion: 1,
  name: 'Percentile',
  activations: [
    {
      id: 'my_percentile',
      title: 'My percentile',
      options: [
        {
          id: 'share',
          title: 'Share',
          help: 'Share of the values up to which each end of the range reaches.',
          kind: { type: 'number', min: 90, max: 100, step: 0.01, unit: '%' },
          fallback: 99.9,
        },
      ],
      fit(stats, scheme, options, kit) {
        // residual streams and logits have more than 8 bits: their steps are fine enough, and clipped logits tie
        if (scheme.bits > 8) return kit.rangeQuantizer(stats.min, stats.max, scheme);
        const { x, counts } = kit.valuesOf(stats);
        let total = 0;
        for (let i = 0; i < x.length; i++) total += counts?.[i] ?? 1;
        const out = (total * (100 - Number(options['share']))) / 100;
        let low = 0;
        for (let left = out; low < x.length - 1 && left >= (counts?.[low] ?? 1); low++) left -= counts?.[low] ?? 1;
        let high = x.length - 1;
        for (let left = out; high > low && left >= (counts?.[high] ?? 1); high--) left -= counts?.[high] ?? 1;
        return kit.rangeQuantizer(x[low] ?? 0, x[high] ?? 0, scheme);
      },
    },
  ],
} satisfies Plugin;
