/**
 * JPEG and PNG files to 8-bit gray or RGB pixels, by libraries in plain JavaScript: the same pixels in Node
 * and in every browser. 16-bit PNG keep their high byte; alpha is blended over black; palettes are
 * expanded; orientation tags and colour profiles are ignored.
 */
import { convertIndexedToRgb, decode as decodePng, hasPngSignature } from 'fast-png';
import { decode as decodeJpeg } from 'jpeg-js';
import type { PixelImage } from '../../core/data/source';

export function decodeImage(bytes: Uint8Array): PixelImage {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return fromJpeg(bytes);
  if (hasPngSignature(bytes)) return fromPng(bytes);
  throw new Error('neither a JPEG nor a PNG file');
}

function fromJpeg(bytes: Uint8Array): PixelImage {
  const { width, height, data } = decodeJpeg(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxMemoryUsageInMB: 1024,
  });
  return { width, height, channels: 3, data };
}

function fromPng(bytes: Uint8Array): PixelImage {
  const png = decodePng(bytes, { checkCrc: true });
  const { width, height } = png;
  if (png.palette !== undefined) {
    const expanded = convertIndexedToRgb(png);
    return overBlack(expanded, width, height, expanded.length / (width * height));
  }
  const samples = eightBit(png.data, png.depth, width, height, png.channels);
  return overBlack(samples, width, height, png.channels);
}

/** Samples of 1, 2, 4, 8 or 16 bits as bytes; below 8 bits rows are packed and each begins at a byte. */
function eightBit(data: ArrayLike<number>, depth: number, width: number, height: number, channels: number): Uint8Array {
  const row = width * channels;
  const out = new Uint8Array(row * height);
  if (depth >= 8) {
    const shift = depth - 8;
    for (let i = 0; i < out.length; i++) out[i] = (data[i] as number) >> shift;
    return out;
  }
  const rowBytes = Math.ceil((row * depth) / 8);
  const top = (1 << depth) - 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < row; x++) {
      const bit = x * depth;
      const byte = data[y * rowBytes + (bit >> 3)] as number;
      out[y * row + x] = (((byte >> (8 - depth - (bit & 7))) & top) * 255) / top;
    }
  }
  return out;
}

/** 2 channels (gray, alpha) become 1, 4 become 3: colour x alpha / 255, rounded. */
function overBlack(data: Uint8Array, width: number, height: number, channels: number): PixelImage {
  if (channels === 1 || channels === 3) return { width, height, channels, data };
  const colours = channels - 1;
  const area = width * height;
  const out = new Uint8Array(area * colours);
  for (let i = 0; i < area; i++) {
    const alpha = data[i * channels + colours] as number;
    for (let c = 0; c < colours; c++) out[i * colours + c] = Math.round(((data[i * channels + c] as number) * alpha) / 255);
  }
  return { width, height, channels: colours, data: out };
}
