/**
 * The shapes of inputs whose extents the model leaves open: what the user said (--shape), else what the arrays
 * of the data or the inputs of the bundle have. Looks into .npz and .npy files only; images fit any shape.
 */
import { dataInputs } from '../adapters/node/files';
import { isNpy, isZip, openInputs, openNpz, own, readModel, readNpyHeader, shapesFromSamples } from '../core/index';
import type { NpyHeader } from '../core/base/npy';
import type { FileInput } from '../engine/api';
import { bytesOfFile } from '../engine/read-files';
import { shapesOf } from './data-flags';
import type { Flags } from './flags';
import type { Terminal } from './terminal';

type Shapes = Readonly<Record<string, readonly number[]>>;
/** The shape of one sample, by name of the input. */
type SampleShapes = ReadonlyMap<string, readonly number[]>;

/** undefined where nothing has to be said. `from` is what the user hears the shapes were taken from. */
export async function chosenShapes(
  [file]: readonly FileInput[],
  flags: Flags,
  from: string,
  samples: () => SampleShapes | Promise<SampleShapes>,
  terminal: Terminal,
): Promise<Shapes | undefined> {
  const given = shapesOf(flags);
  if (file === undefined) return given;
  const model = readModel(await bytesOfFile(file), file.name);
  if (openInputs(model, given ?? {}).length === 0) return given;
  const chosen = shapesFromSamples(model, given ?? {}, await samples());
  for (const [input, shape] of Object.entries(chosen)) {
    if (own(given, input) === undefined) terminal.note(`${input} is taken as ${shape.join('x')}, the shape that it has in ${from}.`);
  }
  return chosen;
}

/** The same from a data file or folder. A file that is damaged gives nothing: opening the data says what is wrong. */
export async function shapesForData(
  model: readonly FileInput[],
  flags: Flags,
  path: string,
  terminal: Terminal,
): Promise<Shapes | undefined> {
  if (path === 'synthetic') return shapesOf(flags);
  return chosenShapes(model, flags, path, async () => sampleShapes(await dataInputs(path)), terminal);
}

async function sampleShapes([file, second]: readonly FileInput[]): Promise<SampleShapes> {
  if (file === undefined || second !== undefined) return new Map();
  const bytes = await bytesOfFile(file);
  try {
    if (isNpy(bytes)) return new Map(sampleShape('x', readNpyHeader(bytes, file.name)));
    if (!isZip(bytes)) return new Map();
    const npz = openNpz(bytes, file.name);
    return new Map(npz.names.flatMap((name) => sampleShape(name, npz.header(name))));
  } catch {
    return new Map();
  }
}

/** Bytes are pixels, which are resized and laid out as the model wants them. */
function sampleShape(name: string, { dtype, shape: [, ...rest] }: NpyHeader): [string, readonly number[]][] {
  return dtype === 'uint8' ? [] : [[name, [1, ...rest]]];
}
