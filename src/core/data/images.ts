/**
 * Samples from image files in a folder, in the order of their paths (code units), decoded and preprocessed
 * one at a time. Labels come from `labels.csv` (`file,label`) or from subfolder names: the number itself
 * where all names are numbers, else the index among the sorted names.
 */
import { utf8Decode } from '../base/bytes';
import { StudioError } from '../base/errors';
import type { DatasetInfo, Preprocessing, Sample, SampleSource } from '../calibrate/types';
import { preprocess, resolvePreprocessing } from './preprocessing';
import type { DataFile, ImageDecoder, ModelInput } from './source';

const imageName = /\.(jpe?g|png)$/i;

export function isImagePath(path: string): boolean {
  return imageName.test(path);
}

/** `files` may hold other files: only images and labels.csv are used. */
export async function imageSource(
  name: string,
  files: readonly DataFile[],
  inputs: readonly ModelInput[],
  given: Partial<Preprocessing> | undefined,
  decode: ImageDecoder,
): Promise<SampleSource> {
  const [input] = inputs;
  if (input === undefined || inputs.length !== 1) {
    throw new StudioError({
      code: 'bad-data',
      what: 'Images fit only a model with one input',
      got: `${inputs.length} inputs`,
      where: { file: name },
      todo: 'Give a .npz file with one array per input.',
    });
  }
  const images = files.filter((f) => isImagePath(f.path)).sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  if (images.length === 0)
    throw new StudioError({ code: 'bad-data', what: 'There is no image', expected: '.jpg or .png files', where: { file: name } });
  const preprocessing = resolvePreprocessing(input, given);
  const labels = await labelsOf(files, images);
  const info: DatasetInfo = {
    name,
    kind: 'images',
    samples: images.length,
    hasLabels: labels !== undefined,
    arrays: [{ name: 'x', dtype: 'uint8', shape: [images.length, ...preprocessing.size, preprocessing.mean.length] }],
    preprocessing,
  };
  return {
    info,
    sample: async (index): Promise<Sample> => {
      const file = images[index];
      if (file === undefined) {
        throw new StudioError({
          code: 'bad-data',
          what: 'No such sample',
          expected: `0 to ${images.length - 1}`,
          got: `${index}`,
          where: { file: name },
        });
      }
      const data = preprocess(await decoded(file, decode), preprocessing);
      return {
        id: file.path,
        inputs: new Map([[input.name, { dtype: 'float32', shape: input.shape, data }]]),
        label: labels?.get(file.path),
      };
    },
  };
}

async function decoded(file: DataFile, decode: ImageDecoder) {
  const bytes = await file.read();
  if (bytes.length === 0)
    throw new StudioError({ code: 'bad-data', what: 'The image file is empty', where: { file: file.path, sample: file.path } });
  try {
    return decode(bytes);
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new StudioError({ code: 'bad-data', what: 'The image cannot be decoded', got, where: { file: file.path, sample: file.path } });
  }
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** By path; undefined when nothing says the labels. */
async function labelsOf(files: readonly DataFile[], images: readonly DataFile[]): Promise<ReadonlyMap<string, number> | undefined> {
  const csv = files.find((f) => baseName(f.path).toLowerCase() === 'labels.csv');
  if (csv !== undefined) return labelsFromCsv(csv, images);
  const folders = images.map((f) => f.path.split('/').at(-2));
  const names = [...new Set(folders)];
  if (names.includes(undefined) || names.length < 2) return undefined;
  return numbered(images.map((f, i) => [f.path, folders[i] as string] as const)); // no undefined, see above
}

async function labelsFromCsv(csv: DataFile, images: readonly DataFile[]): Promise<ReadonlyMap<string, number>> {
  const folder = csv.path.slice(0, csv.path.length - baseName(csv.path).length);
  const rows = new Map<string, string>();
  const lines = utf8Decode(await csv.read())
    .replace(/^\ufeff/, '')
    .split(/\r?\n/);
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const comma = line.lastIndexOf(',');
    if (comma < 0)
      throw new StudioError({
        code: 'bad-data',
        what: `Line ${i + 1} of the labels has no comma`,
        expected: 'file,label',
        got: line,
        where: { file: csv.path },
      });
    const unquoted = (s: string) => s.trim().replace(/^"(.*)"$/, '$1');
    rows.set(unquoted(line.slice(0, comma)), unquoted(line.slice(comma + 1)));
  }
  const pairs = images.map((f): readonly [string, string] => {
    const relative = f.path.startsWith(folder) ? f.path.slice(folder.length) : f.path;
    const label = rows.get(relative) ?? rows.get(baseName(f.path));
    if (label === undefined)
      throw new StudioError({
        code: 'bad-data',
        what: 'The image has no label',
        expected: `a line for ${relative} in ${csv.path}`,
        where: { file: f.path, sample: f.path },
      });
    return [f.path, label];
  });
  return numbered(pairs);
}

function numbered(pairs: readonly (readonly [path: string, label: string])[]): ReadonlyMap<string, number> {
  const names = [...new Set(pairs.map(([, label]) => label))].sort();
  const numeric = names.every((n) => /^\d+$/.test(n));
  const index = new Map(names.map((n, i) => [n, numeric ? Number(n) : i]));
  return new Map(pairs.map(([path, label]) => [path, index.get(label) as number])); // every label is in the index
}
