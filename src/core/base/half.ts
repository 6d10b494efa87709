/**
 * IEEE 754 binary16 in both directions. Decoding is exact; encoding rounds to nearest, ties to even,
 * overflows to infinity, keeps subnormals and the sign of zero.
 */

/** `bits` is 0..65535. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const asFloat = new Float32Array(1);
const asBits = new Uint32Array(asFloat.buffer);

/** `value` must be a float32 (it is rounded to one first). */
export function floatToHalf(value: number): number {
  asFloat[0] = value;
  const bits = asBits[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 and above round to infinity
  if (magnitude < 0x38800000) {
    // below 2^-14: a subnormal, in units of 2^-24; the product is exact
    return sign | roundHalfEven(Math.abs(asFloat[0]) * 2 ** 24);
  }
  // drop 13 bits of the fraction; a carry runs into the exponent, as it should
  const rounded = magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1);
  return sign | (rounded >>> 13);
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}

/** A new array. */
export function halvesToFloats(halves: Uint16Array): Float32Array {
  const out = new Float32Array(halves.length);
  for (let i = 0; i < out.length; i++) out[i] = halfToFloat(halves[i] as number);
  return out;
}

/** A new array. */
export function floatsToHalves(floats: Float32Array): Uint16Array {
  const out = new Uint16Array(floats.length);
  for (let i = 0; i < out.length; i++) out[i] = floatToHalf(floats[i] as number);
  return out;
}
