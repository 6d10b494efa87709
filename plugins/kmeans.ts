/**
 * A learned non-uniform quantizer: weights, a code table of 2^b integers learned by Lloyd's algorithm on the weights of the layer, each in
 * units of its output channel's largest. 0 stays 0, so that what is pruned stays pruned.
 */
import type { Plugin } from 'torch2chip';

const TOP = 127;

export default {
  apiVersion: 1,
  name: 'k-means',
  weights: [
    {
      id: 'kmeans',
      title: 'k-means',
      bits: [2, 6],
      options: [
        {
          id: 'rounds',
          title: 'Rounds',
          help: "Rounds of Lloyd's algorithm.",
          kind: { type: 'number', min: 1, max: 200, step: 1 },
          fallback: 30,
        },
      ],
      fit(w, scheme, options, kit) {
        const maxima = kit.channelMaxima(w);
        const scale = Float32Array.from(maxima, (m) => kit.usableScale(m / TOP));
        const channelOf = kit.channelOf(w);
        // how often each integer of the fine grid occurs: the algorithm need not look at every weight again
        const counts = new Float64Array(2 * TOP + 1);
        w.data.forEach((v, i) => {
          const at = Math.min(TOP, Math.max(-TOP, kit.roundHalfEven(v / (scale[channelOf(i)] ?? 1)))) + TOP;
          counts[at] = (counts[at] ?? 0) + 1;
        });
        const size = 2 ** scheme.bits - 1;
        let centres = Array.from({ length: size }, (_, k) => Math.round(((2 * k) / (size - 1) - 1) * TOP) + 0);
        for (let round = 0; round < Number(options['rounds']); round++) {
          const sums = new Map(centres.map((c) => [c, { sum: 0, count: 0 }]));
          counts.forEach((n, at) => {
            const own = n === 0 ? undefined : sums.get(kit.nearest(centres, at - TOP));
            if (!own) return;
            own.sum += n * (at - TOP);
            own.count += n;
          });
          centres = centres.map((c) => {
            const own = sums.get(c);
            return c === 0 || !own || own.count === 0 ? c : Math.round(own.sum / own.count) + 0;
          });
          if (!centres.includes(0)) centres[centres.indexOf(kit.nearest(centres, 0))] = 0;
        }
        return { bits: 8, signed: true, scale, axis: w.channelAxis, lo: -TOP, hi: TOP, codebook: { bits: scheme.bits, table: centres } };
      },
    },
  ],
} satisfies Plugin;
