/**
 * MXINT (OCP microscaling, integers): weights in blocks that share a power-of-two scale. A block's mantissas have the bits that were
 * asked for; its exponent moves them inside the 8-bit integer of the layer, so that the product stays one of integers.
 */
import type { FullParams, Kit, OptionValues, Plugin, Weights } from 'torch2chip';

export default {
  apiVersion: 1,
  name: 'MXINT',
  weights: [
    {
      id: 'mxint',
      title: 'MXINT',
      options: [
        {
          id: 'block',
          title: 'Block',
          help: 'Weights of an output channel that share an exponent.',
          kind: { type: 'number', min: 2, max: 256, step: 1 },
          fallback: 16,
        },
        {
          id: 'mantissa',
          title: 'Mantissa',
          help: 'Bits of a mantissa with its sign; the 8 bits of the integer leave the others to the exponent.',
          kind: { type: 'number', min: 2, max: 8, step: 1 },
          fallback: 4,
        },
      ],
      fit: (w, scheme, _options, kit) => kit.channelQuantizer(w, kit.channelMaxima(w), { ...scheme, bits: 8 }),
      quantize: (w, q, options, kit) => inBlocks(w, q, options, kit),
      fakeQuantize: (w, q, options, kit) => kit.dequantize(inBlocks(w, q, options, kit), q, w.shape),
    },
  ],
} satisfies Plugin;

function inBlocks(w: Weights, q: FullParams, options: OptionValues, kit: Kit): Int32Array {
  kit.checkFinite(w.data);
  const bits = Number(options['mantissa']);
  const block = Number(options['block']);
  const most = 2 ** (bits - 1) - 1;
  const widest = 2 ** (8 - bits);
  const channelOf = kit.channelOf({ shape: w.shape, channelAxis: q.axis ?? 0 });
  const members = new Map<string, number[]>();
  const seen = new Map<number, number>();
  for (let i = 0; i < w.data.length; i++) {
    const c = channelOf(i);
    const place = seen.get(c) ?? 0;
    seen.set(c, place + 1);
    const key = `${c}:${Math.floor(place / block)}`;
    members.set(key, [...(members.get(key) ?? []), i]);
  }
  const out = new Int32Array(w.data.length);
  for (const indices of members.values()) {
    const units = indices.map((i) => (w.data[i] ?? 0) / (q.scale[channelOf(i)] ?? 1));
    const largest = units.reduce((a, u) => Math.max(a, Math.abs(u)), 0);
    let step = 1;
    while (step < widest && largest > most * step) step *= 2;
    indices.forEach((i, k) => {
      const m = Math.min(most, Math.max(-most, kit.roundHalfEven((units[k] ?? 0) / step)));
      out[i] = m * step + 0;
    });
  }
  return out;
}
