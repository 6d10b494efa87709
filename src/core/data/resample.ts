/**
 * Antialiased bilinear resizing and cropping of 8-bit images, in integers, hence the same everywhere.
 * The arithmetic is Pillow's for Image.resize(size, BILINEAR): a triangle filter as wide as the scale,
 * coefficients in 22-bit fixed point, horizontal pass first, each pass rounded to 8 bits.
 */
import type { PixelImage } from './source';

const PRECISION = 22;

interface Coefficients {
  /** First source index of each output index. */
  readonly first: Int32Array;
  /** Number of taps of each output index. */
  readonly taps: Int32Array;
  /** outSize x width, fixed point. */
  readonly weights: Int32Array;
  readonly width: number;
}

function coefficients(inSize: number, outSize: number): Coefficients {
  const scale = inSize / outSize;
  const support = Math.max(scale, 1);
  const width = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(outSize);
  const taps = new Int32Array(outSize);
  const weights = new Int32Array(outSize * width);
  const row = new Float64Array(width);
  for (let o = 0; o < outSize; o++) {
    const centre = (o + 0.5) * scale;
    const from = Math.max(Math.trunc(centre - support + 0.5), 0);
    const n = Math.min(Math.trunc(centre + support + 0.5), inSize) - from;
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const distance = Math.abs((i + from - centre + 0.5) * (1 / support));
      row[i] = distance < 1 ? 1 - distance : 0;
      sum += row[i] as number;
    }
    for (let i = 0; i < n; i++) weights[o * width + i] = Math.trunc(0.5 + ((row[i] as number) / sum) * (1 << PRECISION));
    first[o] = from;
    taps[o] = n;
  }
  return { first, taps, weights, width };
}

/** Resizes axis `inSize` of an [outer, inSize, inner] array of bytes. Sums stay below 2^31: weights add up to 2^22. */
function resizeAxis(data: Uint8Array, outer: number, inSize: number, inner: number, outSize: number): Uint8Array {
  const { first, taps, weights, width } = coefficients(inSize, outSize);
  const out = new Uint8Array(outer * outSize * inner);
  for (let a = 0; a < outer; a++) {
    for (let o = 0; o < outSize; o++) {
      const n = taps[o] as number;
      const from = (a * inSize + (first[o] as number)) * inner;
      for (let c = 0; c < inner; c++) {
        let sum = 1 << (PRECISION - 1);
        for (let i = 0; i < n; i++) sum += (data[from + i * inner + c] as number) * (weights[o * width + i] as number);
        const value = sum >> PRECISION;
        out[(a * outSize + o) * inner + c] = value > 255 ? 255 : value;
      }
    }
  }
  return out;
}

/** The image itself when it has that size already. */
export function resize(image: PixelImage, height: number, width: number): PixelImage {
  if (image.height === height && image.width === width) return image;
  const { channels } = image;
  let data = image.data;
  if (image.width !== width) data = resizeAxis(data, image.height, image.width, channels, width);
  if (image.height !== height) data = resizeAxis(data, 1, image.height, width * channels, height);
  return { width, height, channels, data };
}

/** Shorter side to `side`, the longer in proportion, rounded down (torchvision's Resize). */
export function resizeShorter(image: PixelImage, side: number): PixelImage {
  const { width, height } = image;
  if (width <= height) return resize(image, Math.floor((side * height) / width), side);
  return resize(image, side, Math.floor((side * width) / height));
}

/** The middle height x width; offsets halfway round to even (torchvision's CenterCrop). Not larger than the image. */
export function cropCentre(image: PixelImage, height: number, width: number): PixelImage {
  if (image.height === height && image.width === width) return image;
  const top = halfToEven(image.height - height);
  const left = halfToEven(image.width - width);
  const { channels } = image;
  const data = new Uint8Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * channels;
    data.set(image.data.subarray(from, from + width * channels), y * width * channels);
  }
  return { width, height, channels, data };
}

function halfToEven(n: number): number {
  const floor = Math.floor(n / 2);
  return n % 2 === 0 ? floor : floor + (floor % 2);
}
