/**
 * From 8-bit pixels to the numbers that a model eats: resize, crop, channel order, ((x / scale) - mean) / std,
 * layout. Every arithmetic step is rounded to float32, as numpy does with float32 arrays, so that the
 * page, Node and numpy agree on every bit. Also the guess of all that from the model's input shape.
 */
import { StudioError } from '../base/errors';
import type { Preprocessing } from '../calibrate/types';
import { cropCentre, resize, resizeShorter } from './resample';
import { shapeText, type ModelInput, type PixelImage } from './source';

export interface ImageGeometry {
  readonly layout: 'NCHW' | 'NHWC';
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** How an input takes images; undefined when it cannot be one: rank 4, or [1, H, W] as gray. */
export function imageGeometry(shape: readonly number[], layout?: 'NCHW' | 'NHWC'): ImageGeometry | undefined {
  if (shape.length === 3) return { layout: 'NCHW', channels: 1, height: shape[1] as number, width: shape[2] as number };
  if (shape.length !== 4) return undefined;
  const [, a, b, c] = shape as readonly [number, number, number, number]; // rank 4
  const last = layout === undefined ? a > 4 && c <= 4 : layout === 'NHWC';
  return last ? { layout: 'NHWC', channels: c, height: a, width: b } : { layout: 'NCHW', channels: a, height: b, width: c };
}

/** The guess (x / 255, size and channels of the input), overridden by what is given. Throws `bad-usage`. */
export function resolvePreprocessing(input: ModelInput, given: Partial<Preprocessing> = {}): Preprocessing {
  const geometry = imageGeometry(input.shape, given.layout);
  if (geometry === undefined || !input.dtype.startsWith('float')) {
    throw new StudioError({
      code: 'bad-data',
      what: 'The data are images, but the model input takes none',
      expected: `${input.dtype} ${shapeText(input.shape)}`,
      where: { value: input.name },
    });
  }
  const size = given.size ?? [geometry.height, geometry.width];
  if (size[0] !== geometry.height || size[1] !== geometry.width) {
    const expected = `${geometry.height}x${geometry.width}`;
    throw new StudioError({
      code: 'bad-usage',
      what: 'The image size is not that of the model input',
      expected,
      got: size.join('x'),
      where: { value: input.name },
    });
  }
  if (given.resize !== undefined && given.resize < Math.max(...size)) {
    throw new StudioError({
      code: 'bad-usage',
      what: 'The resize before the crop is smaller than the crop',
      expected: `at least ${Math.max(...size)}`,
      got: `${given.resize}`,
    });
  }
  const channels = given.channels ?? (geometry.channels === 1 ? 'gray' : 'rgb');
  if ((channels === 'gray') !== (geometry.channels === 1)) {
    const expected = geometry.channels === 1 ? 'gray' : 'rgb or bgr';
    throw new StudioError({
      code: 'bad-usage',
      what: `The model input has ${geometry.channels} channels`,
      expected,
      got: channels,
      where: { value: input.name },
    });
  }
  const resolved: Preprocessing = {
    resize: given.resize,
    size,
    scale: given.scale ?? 255,
    mean: perChannel(given.mean ?? [0], geometry.channels, 'mean'),
    std: perChannel(given.std ?? [1], geometry.channels, 'std'),
    layout: geometry.layout,
    channels,
  };
  if (!(resolved.scale > 0) || resolved.std.some((s) => !(s > 0)) || resolved.mean.some((m) => !Number.isFinite(m))) {
    throw new StudioError({
      code: 'bad-usage',
      what: 'Scale and std must be above zero and mean finite',
      got: `scale ${resolved.scale}, mean ${resolved.mean.join()}, std ${resolved.std.join()}`,
    });
  }
  return resolved;
}

function perChannel(values: readonly number[], channels: number, name: string): readonly number[] {
  if (values.length === channels) return values;
  if (values.length === 1) return new Array<number>(channels).fill(values[0] as number);
  throw new StudioError({
    code: 'bad-usage',
    what: `Wrong number of values for ${name}`,
    expected: `1 or ${channels}`,
    got: `${values.length}`,
  });
}

/** Pixels to [C, H, W] or [H, W, C] float32. `channels` of the result: 1 for gray, else the image's (1 becomes 3). */
export function preprocess(image: PixelImage, p: Preprocessing): Float32Array {
  const [height, width] = p.size;
  const sized = p.resize === undefined ? resize(image, height, width) : cropCentre(resizeShorter(image, p.resize), height, width);
  const outChannels = p.mean.length;
  const pixels = arrangeChannels(sized, p.channels, outChannels);
  const area = height * width;
  const out = new Float32Array(area * outChannels);
  const pixelStep = p.layout === 'NCHW' ? 1 : outChannels;
  const channelStep = p.layout === 'NCHW' ? area : 1;
  for (let c = 0; c < outChannels; c++) {
    const table = normaliseTable(p.scale, p.mean[c] as number, p.std[c] as number);
    for (let i = 0; i < area; i++) out[c * channelStep + i * pixelStep] = table[pixels[i * outChannels + c] as number] as number;
  }
  return out;
}

/** The 256 results of ((x / scale) - mean) / std; scale, mean, std and each step rounded to float32. */
export function normaliseTable(scale: number, mean: number, std: number): Float32Array {
  const table = new Float32Array(256);
  const f = Math.fround;
  for (let x = 0; x < 256; x++) table[x] = f(f(f(x / f(scale)) - f(mean)) / f(std));
  return table;
}

/** Channels as the model wants them: gray by Pillow's luma (19595 R + 38470 G + 7471 B + 2^15) >> 16. */
function arrangeChannels(image: PixelImage, order: Preprocessing['channels'], out: number): Uint8Array {
  const { data, channels } = image;
  const area = image.width * image.height;
  if (order !== 'bgr' && channels === out) return data;
  const result = new Uint8Array(area * out);
  if (out === 1 && channels === 3) {
    for (let i = 0; i < area; i++) {
      const j = 3 * i;
      result[i] = (19595 * (data[j] as number) + 38470 * (data[j + 1] as number) + 7471 * (data[j + 2] as number) + 0x8000) >> 16;
    }
  } else if (channels === 1) {
    for (let i = 0; i < area; i++) result.fill(data[i] as number, i * out, (i + 1) * out);
  } else if (channels === out) {
    for (let i = 0; i < area; i++) for (let c = 0; c < out; c++) result[i * out + c] = data[i * out + out - 1 - c] as number;
  } else {
    throw new StudioError({
      code: 'bad-data',
      what: 'The number of colour channels does not fit the model',
      expected: `${out}`,
      got: `${channels}`,
    });
  }
  return result;
}
