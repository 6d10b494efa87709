/**
 * EMA percentile: an observer of activations; a moving average, over the calibration samples, of the percentiles of each of them. One
 * outlier among the samples moves the range by its share of the average, not to its own size.
 */
import type { Plugin } from 'torch2chip';

export default {
  apiVersion: 1,
  name: 'EMA percentile',
  observers: [
    {
      id: 'ema_percentile',
      title: 'EMA percentile',
      options: [
        {
          id: 'share',
          title: 'Share',
          help: 'Share of the values of a sample up to which each end of the range reaches.',
          kind: { type: 'number', min: 90, max: 100, step: 0.01, unit: '%' },
          fallback: 99.9,
        },
        {
          id: 'momentum',
          title: 'Momentum',
          help: 'What the average so far weighs against the next sample.',
          kind: { type: 'number', min: 0, max: 0.99, step: 0.01 },
          fallback: 0.9,
        },
      ],
      // samples seen, low end, high end
      start: () => new Float64Array(3),
      observe([count = 0, low = 0, high = 0], x, { share, momentum }) {
        const sorted = x.toSorted();
        const out = Math.floor((x.length * (100 - Number(share))) / 100);
        const [least, most] = [sorted[out] ?? 0, sorted[x.length - 1 - out] ?? 0];
        const m = count === 0 ? 0 : Number(momentum);
        return Float64Array.of(count + 1, m * low + (1 - m) * least, m * high + (1 - m) * most);
      },
      fit({ kept: [, low = 0, high = 0], min, max }, scheme, _options, kit) {
        // residual streams and logits have more than 8 bits: their steps are fine enough, and clipped logits tie
        return scheme.bits > 8 ? kit.rangeQuantizer(min, max, scheme) : kit.rangeQuantizer(low, high, scheme);
      },
    },
  ],
} satisfies Plugin;
