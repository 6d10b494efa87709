/**
 * Momentum rounding: weights, a rounding optimiser; what is between down and up steps along the gradient with momentum, and is pushed
 * to either end as learning goes on.
 */
import type { Plugin } from 'torch2chip';

export default {
  apiVersion: 1,
  name: 'Momentum rounding',
  roundings: [
    {
      id: 'momentum_rounding',
      title: 'Momentum rounding',
      options: [
        {
          id: 'iterations',
          title: 'Iterations',
          help: 'Steps of learning for every layer.',
          kind: { type: 'number', min: 1, max: 1000, step: 1 },
          fallback: 4,
        },
        {
          id: 'rate',
          title: 'Rate',
          help: 'Largest step of a weight between its two integers.',
          kind: { type: 'number', min: 0.001, max: 0.5, step: 0.001 },
          fallback: 0.05,
        },
      ],
      // h of every weight, then its velocity
      start({ rest }) {
        const learned = new Float64Array(2 * rest.length);
        learned.set(rest);
        return learned;
      },
      soft: (learned, { rest }) => learned.slice(0, rest.length),
      step(learned, gradient, { rest }, progress, { rate }) {
        const next = learned.slice();
        const most = gradient.reduce((a, g) => Math.max(a, Math.abs(g)), 0);
        for (let i = 0; i < rest.length; i++) {
          const [h = 0, before = 0] = [learned[i], learned[rest.length + i]];
          const downhill = most === 0 ? 0 : -(gradient[i] ?? 0) / most;
          const velocity = 0.9 * before + 0.1 * Number(rate) * (downhill + progress * Math.sign(h - 0.5));
          next[i] = Math.min(1, Math.max(0, h + velocity));
          next[rest.length + i] = velocity;
        }
        return next;
      },
    },
  ],
} satisfies Plugin;
