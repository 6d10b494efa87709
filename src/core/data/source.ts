/**
 * What a data source is made of: files that are read when asked for, the model's inputs as plain
 * shapes, and a decoder of image files that comes in from outside (the core knows no image format).
 */
import type { DType } from '../ir/tensor';
import type { Sample } from '../calibrate/types';

/** One dropped file. `path` is relative to what was dropped and uses `/`. */
export interface DataFile {
  readonly path: string;
  read(): Promise<Uint8Array>;
}

/** One input of the model with its resolved shape, batch axis of 1 included. */
export interface ModelInput {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** 8-bit pixels, row-major, channels last: 1 (gray) or 3 (RGB) a pixel. */
export interface PixelImage {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** Throws an error whose message says what is wrong; the source adds the file's name. */
export type ImageDecoder = (bytes: Uint8Array) => PixelImage;

export type SampleInput = Sample['inputs'] extends ReadonlyMap<string, infer T> ? T : never;

/** `1x3x224x224`; a scalar is `()`. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? '()' : shape.join('x');
}
