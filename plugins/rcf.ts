/**
 * RCF, the reparameterized clipping function of APoT (Li et al. 2020): as PACT, but values inside the range have a gradient too: with
 * x^ = alpha * q(x / alpha), it is q(x / alpha) - x / alpha there and the sign of x outside.
 */
import type { Plugin } from 'torch2chip';

const STEPS = 200;

export default {
  apiVersion: 1,
  name: 'RCF',
  activations: [
    {
      id: 'rcf',
      title: 'RCF',
      options: [
        {
          id: 'rate',
          title: 'Rate',
          help: 'Learning rate, as a share of the largest magnitude.',
          kind: { type: 'number', min: 0.01, max: 1, step: 0.01 },
          fallback: 0.5,
        },
      ],
      fit(stats, scheme, options, kit) {
        const most = Math.max(Math.abs(stats.min), Math.abs(stats.max));
        if (scheme.bits > 8 || most === 0) return kit.rangeQuantizer(stats.min, stats.max, scheme);
        const { x, counts } = kit.valuesOf(stats);
        const levels = 2 ** (stats.min < 0 ? scheme.bits - 1 : scheme.bits) - 1;
        let alpha = 1;
        for (let step = 0; step < STEPS; step++) {
          let gradient = 0;
          let total = 0;
          for (let i = 0; i < x.length; i++) {
            const count = counts?.[i] ?? 1;
            const v = Math.abs(x[i] ?? 0) / most;
            const inside = v < alpha;
            const q = inside ? Math.round((v / alpha) * levels) / levels : 1;
            total += count;
            gradient += count * 2 * (alpha * q - v) * (inside ? q - v / alpha : 1);
          }
          alpha = Math.min(1, Math.max(0.01, alpha - (Number(options['rate']) * gradient) / total));
        }
        const clip = alpha * most;
        return kit.rangeQuantizer(Math.max(stats.min, -clip), Math.min(stats.max, clip), scheme);
      },
    },
  ],
} satisfies Plugin;
