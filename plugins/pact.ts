/**
 * PACT (Choi et al. 2018): activations, the clipping level alpha is a parameter that is learned by its straight-through gradient, with
 * the L2 penalty of the paper. Here it descends on the squared error of the calibrated values: clipped ones pull alpha up,
 * the noise of rounding (step^2 / 12) and the penalty pull it down.
 */
import type { Plugin } from 'torch2chip';

const STEPS = 200;

export default {
  apiVersion: 1,
  name: 'PACT',
  activations: [
    {
      id: 'pact',
      title: 'PACT',
      options: [
        {
          id: 'decay',
          title: 'Decay',
          help: 'Weight of the penalty alpha^2.',
          kind: { type: 'number', min: 0, max: 1, step: 0.0001 },
          fallback: 0.0001,
        },
      ],
      fit(stats, scheme, options, kit) {
        const most = Math.max(Math.abs(stats.min), Math.abs(stats.max));
        if (scheme.bits > 8 || most === 0) return kit.rangeQuantizer(stats.min, stats.max, scheme);
        const { x, counts } = kit.valuesOf(stats);
        const levels = 2 ** (stats.min < 0 ? scheme.bits - 1 : scheme.bits) - 1;
        // in units of the largest magnitude, so that the rate fits every tensor
        let alpha = 1;
        for (let step = 0; step < STEPS; step++) {
          let gradient = 0;
          let total = 0;
          for (let i = 0; i < x.length; i++) {
            const count = counts?.[i] ?? 1;
            const v = Math.abs(x[i] ?? 0) / most;
            total += count;
            gradient += count * (v >= alpha ? 2 * (alpha - v) : alpha / (6 * levels * levels));
          }
          alpha -= 0.5 * (gradient / total + 2 * Number(options['decay']) * alpha);
          alpha = Math.min(1, Math.max(0.01, alpha));
        }
        const clip = alpha * most;
        return kit.rangeQuantizer(Math.max(stats.min, -clip), Math.min(stats.max, clip), scheme);
      },
    },
  ],
} satisfies Plugin;
