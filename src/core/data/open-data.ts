/**
 * The one way in for data that the user drops: looks at the content (not the name alone) and makes a
 * SampleSource of a .npz, a .npy, or image files. Everything is checked that can be without decoding.
 */
import { StudioError } from '../base/errors';
import { isNpy, readNpy } from '../base/npy';
import type { Preprocessing, SampleSource } from '../calibrate/types';
import { arraySource } from './arrays';
import { batchesOf, batchOf, rowInputs } from './batches';
import { imageSource, isImagePath } from './images';
import { isZip, openNpz } from './npz';
import type { DataFile, ImageDecoder, ModelInput } from './source';

export interface OpenDataOptions {
  /** Shown name of a folder; the file's own name otherwise. */
  readonly name?: string;
  readonly preprocessing?: Partial<Preprocessing>;
  readonly decodeImage: ImageDecoder;
}

/** Throws `bad-data`, `empty-file`, `truncated`, `unsupported-dtype` or `bad-usage`, naming file and array. */
export async function openData(files: readonly DataFile[], inputs: readonly ModelInput[], options: OpenDataOptions): Promise<SampleSource> {
  const batch = batchOf(inputs);
  return batch === 1 ? openRows(files, inputs, options) : batchesOf(await openRows(files, rowInputs(inputs), options), batch);
}

async function openRows(files: readonly DataFile[], inputs: readonly ModelInput[], options: OpenDataOptions): Promise<SampleSource> {
  const [file] = files;
  if (file === undefined) throw new StudioError({ code: 'bad-data', what: 'There are no files', expected: '.npz, .npy or images' });
  if (files.length > 1 || isImagePath(file.path)) {
    const folder = file.path.includes('/') ? (file.path.split('/')[0] as string) : file.path; // split gives one part at least
    return imageSource(options.name ?? folder, files, inputs, options.preprocessing, options.decodeImage);
  }
  const name = options.name ?? file.path.slice(file.path.lastIndexOf('/') + 1);
  const bytes = await file.read();
  if (bytes.length === 0)
    throw new StudioError({ code: 'empty-file', what: 'The file is empty', expected: '.npz, .npy or images', where: { file: name } });
  if (isZip(bytes)) {
    const npz = openNpz(bytes, name);
    return arraySource({ name, kind: 'npz', names: npz.names, read: npz.read }, inputs, options.preprocessing);
  }
  if (isNpy(bytes)) {
    const array = readNpy(bytes, name);
    return arraySource({ name, kind: 'npy', names: ['x'], read: () => array }, inputs, options.preprocessing);
  }
  throw new StudioError({
    code: 'bad-data',
    what: 'Not a file of samples',
    expected: '.npz, .npy, or a folder of .jpg or .png images',
    where: { file: name },
  });
}
