/**
 * SAWB (Choi et al. 2018): weights, the clipping level from the first two moments, alpha = c1 * sqrt(E[w^2]) - c2 * E[|w|]. The
 * coefficients were fitted to distributions that weights have, for each width.
 */
import type { Plugin } from 'torch2chip';

const coefficients: Readonly<Record<number, readonly [number, number]>> = {
  2: [3.12, 2.064],
  3: [7.509, 6.892],
  4: [12.68, 12.8],
  5: [17.74, 18.64],
};
/** Of 8 bits; also taken for 6 and 7. */
const wide: readonly [number, number] = [1 / 0.027, 1.114 / 0.027];

export default {
  apiVersion: 1,
  name: 'SAWB',
  weights: [
    {
      id: 'sawb',
      title: 'SAWB',
      options: [
        {
          id: 'per',
          title: 'Per',
          help: 'What has a clipping level of its own.',
          kind: {
            type: 'choice',
            choices: [
              { value: 'channel', title: 'Output channel' },
              { value: 'tensor', title: 'Tensor' },
            ],
          },
          fallback: 'channel',
        },
      ],
      fit(w, scheme, options, kit) {
        const whole = options['per'] === 'tensor';
        const channels = whole ? 1 : (w.shape[w.channelAxis] ?? 1);
        const channelOf = whole ? () => 0 : kit.channelOf(w);
        const sums = Array.from({ length: channels }, () => ({ count: 0, first: 0, second: 0, most: 0 }));
        for (let i = 0; i < w.data.length; i++) {
          const sum = sums[channelOf(i)];
          const v = Math.abs(w.data[i] ?? 0);
          if (!sum) continue;
          sum.count++;
          sum.first += v;
          sum.second += v * v;
          sum.most = Math.max(sum.most, v);
        }
        const [c1, c2] = coefficients[scheme.bits] ?? wide;
        const alphas = sums.map(({ count, first, second, most }) => {
          const alpha = c1 * Math.sqrt(second / count) - c2 * (first / count);
          // a distribution that the coefficients were not fitted to
          return alpha > 0 && alpha < most ? alpha : most;
        });
        const q = kit.channelQuantizer(w, alphas, scheme);
        return whole ? { ...q, axis: undefined } : q;
      },
    },
  ],
} satisfies Plugin;
