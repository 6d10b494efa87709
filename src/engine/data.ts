/**
 * Data for calibration and evaluation, checked against the inputs of the open model. Changes no state.
 */
import { openData, syntheticSource } from '../core/index';
import type { Preprocessing, SampleSource } from '../core/calibrate/types';
import type { FileInput } from './api';
import type { JobContext } from './job';
import type { EnginePorts } from './ports';
import { dataFiles } from './read-files';
import type { OpenModel } from './state';

export async function openDataset(
  files: readonly FileInput[],
  preprocessing: Partial<Preprocessing> | undefined,
  model: Pick<OpenModel, 'inputs'>,
  ports: Pick<EnginePorts, 'decodeImage'>,
): Promise<SampleSource> {
  const options = preprocessing === undefined ? {} : { preprocessing };
  return openData(dataFiles(files), model.inputs, { ...options, decodeImage: ports.decodeImage });
}

export function syntheticDataset(
  options: { readonly samples: number; readonly seed: number },
  model: Pick<OpenModel, 'inputs'>,
  ctx: JobContext,
): SampleSource {
  return syntheticSource(model.inputs, options, ctx);
}
