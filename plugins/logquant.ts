/**
 * LogQuant (Miyashita et al. 2016): weights that are powers of two, so that hardware shifts instead of multiplying. A code is a sign and
 * an exponent; the code table says what integer it stands for: 0, 1, 2, 4, ..., then the same below 0.
 */
import type { FullParams, Kit, Plugin, Weights } from 'torch2chip';

/** 2^6 is the largest power of two in 8 bits with a sign. */
const MOST = 7;

export default {
  apiVersion: 1,
  name: 'LogQuant',
  weights: [
    {
      id: 'logquant',
      title: 'LogQuant',
      bits: [2, 4],
      fit(w, scheme, _options, kit) {
        const powers = Math.min(MOST, 2 ** (scheme.bits - 1) - 1);
        const positive = [0, ...Array.from({ length: powers }, (_, k) => 2 ** k)];
        const top = 2 ** (powers - 1);
        return {
          bits: 8,
          signed: true,
          scale: Array.from(kit.channelMaxima(w), (m) => kit.usableScale(m / top)),
          axis: w.channelAxis,
          lo: -top,
          hi: top,
          codebook: { bits: scheme.bits, table: [...positive, ...positive.map((p) => 0 - p)] },
        };
      },
      quantize: (w, q, _options, kit) => logarithmic(w, q, kit),
      fakeQuantize: (w, q, _options, kit) => kit.dequantize(logarithmic(w, q, kit), q, w.shape),
    },
  ],
} satisfies Plugin;

/** The power of two nearest in the logarithm; 0 below 2^-0.5. */
function logarithmic(w: Weights, q: FullParams, kit: Kit): Int32Array {
  kit.checkFinite(w.data);
  const channelOf = kit.channelOf({ shape: w.shape, channelAxis: q.axis ?? 0 });
  return Int32Array.from(w.data, (v, i) => {
    const u = Math.abs(v) / (q.scale[channelOf(i)] ?? 1);
    const exponent = u === 0 ? -1 : Math.floor(kit.log(u) / Math.LN2 + 0.5);
    return exponent < 0 ? 0 : Math.sign(v) * Math.min(q.hi, 2 ** exponent);
  });
}
