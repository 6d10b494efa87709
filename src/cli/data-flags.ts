/**
 * The flags that say how a model's shapes are chosen and how images become inputs, shared by all commands
 * that open a model or data.
 */
import type { DatasetInfo, Preprocessing } from '../core/calibrate/types';
import { badUsage, type Flags } from './flags';

export const shapeFlags = [['--shape <name=1x3x224x224>', 'Shape of an input whose extents are not fixed; may be repeated']] as const;

export const dataFlags = [
  ['--mean <list>', 'Mean for each channel, after the scale: 0.485,0.456,0.406 (default 0)'],
  ['--std <list>', 'Standard deviation for each channel, after the scale (default 1)'],
  ['--scale <number>', 'What pixels are divided by first (default 255)'],
  ['--size <pixels>', 'Size that images are resized to: 224 or 224x224; with --crop the length of the shorter side'],
  ['--crop <pixels>', 'Centre crop after the resize: 224 or 224x224'],
  ['--layout <NCHW|NHWC>', 'Layout of the model input (guessed from its shape)'],
  ['--channels <rgb|bgr|gray>', 'Order of the colour channels (guessed from the input shape)'],
] as const;

export function shapesOf(flags: Flags): Readonly<Record<string, readonly number[]>> | undefined {
  const given = flags.texts('shape');
  if (given.length === 0) return undefined;
  return Object.fromEntries(
    given.map((text) => {
      const equals = text.lastIndexOf('=');
      const extents = text.slice(equals + 1).split(/[x,]/);
      if (equals < 1 || extents.some((d) => !/^[1-9]\d*$/.test(d))) {
        throw badUsage('--shape is not understood', { expected: 'name=1x3x224x224', got: text });
      }
      return [text.slice(0, equals), extents.map(Number)] as const;
    }),
  );
}

/** Only what was given. */
export function preprocessingOf(flags: Flags): Partial<Preprocessing> {
  const mean = flags.numbers('mean');
  const std = flags.numbers('std');
  const scale = flags.numbers('scale');
  const layout = flags.choice('layout', ['NCHW', 'NHWC']);
  const channels = flags.choice('channels', ['rgb', 'bgr', 'gray']);
  if (scale !== undefined && scale.length !== 1) throw badUsage('--scale takes one number', { got: scale.join() });
  return {
    ...(mean ? { mean } : {}),
    ...(std ? { std } : {}),
    ...(scale ? { scale: scale[0] as number } : {}), // one number, see above
    ...sizeOf(flags),
    ...(layout ? { layout } : {}),
    ...(channels ? { channels } : {}),
  };
}

function sizeOf(flags: Flags): Partial<Pick<Preprocessing, 'size' | 'resize'>> {
  const size = extents(flags, 'size');
  const crop = extents(flags, 'crop');
  if (crop === undefined) return size === undefined ? {} : { size };
  if (size !== undefined && size[0] !== size[1]) {
    throw badUsage('--size with --crop is the length of the shorter side', { expected: 'one number', got: size.join('x') });
  }
  return { size: crop, resize: size?.[0] ?? Math.max(...crop) };
}

function extents(flags: Flags, name: string): readonly [number, number] | undefined {
  const text = flags.text(name);
  if (text === undefined) return undefined;
  const match = /^([1-9]\d{0,4})(?:x([1-9]\d{0,4}))?$/.exec(text);
  if (!match) throw badUsage(`--${name} is not understood`, { expected: '224 or 224x224', got: text });
  const height = Number(match[1]);
  return [height, match[2] === undefined ? height : Number(match[2])];
}

/** Flags about images for data that are none would be passed over in silence. Throws `bad-usage`. */
export function refuseImageFlags(flags: Flags, { name, kind, preprocessing }: DatasetInfo): void {
  if (preprocessing !== undefined) return;
  const given = imageFlags.find((flag) => flags.has(flag));
  if (given === undefined) return;
  throw badUsage(`--${given} is for images, and the data are numbers that go in as they are`, {
    expected: 'uint8 arrays or image files',
    got: kind === 'synthetic' ? 'synthetic data' : name,
    todo: `Leave out --${given}, or give the images themselves.`,
  });
}

const imageFlags = ['mean', 'std', 'scale', 'size', 'crop', 'layout', 'channels'] as const;

/** How images became inputs, as a person reads it. */
export function preprocessingText(p: Preprocessing): string {
  const list = (values: readonly number[]): string => (values.every((v) => v === values[0]) ? String(values[0]) : values.join(','));
  const resized = p.resize === undefined ? `size ${p.size.join('x')}` : `shorter side ${p.resize}, crop ${p.size.join('x')}`;
  return `(x/${p.scale} - ${list(p.mean)})/${list(p.std)}, ${resized}, ${p.layout}, ${p.channels}`;
}
