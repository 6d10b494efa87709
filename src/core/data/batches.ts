/**
 * Samples of a model whose batch is built in: as many rows or images of the data as the batch has, one after the other, are one
 * sample. Rows that fill no whole batch are left out, and so are labels: they belong to rows.
 */
import { StudioError } from '../base/errors';
import type { Sample, SampleSource } from '../calibrate/types';
import type { ModelInput, SampleInput } from './source';

/** The first extent, where all inputs have the same one. */
export function batchOf(inputs: readonly ModelInput[]): number {
  const [batch = 1] = inputs[0]?.shape ?? [];
  return inputs.every((input) => input.shape[0] === batch) ? batch : 1;
}

export const rowInputs = (inputs: readonly ModelInput[]): ModelInput[] => inputs.map((i) => ({ ...i, shape: [1, ...i.shape.slice(1)] }));

/** `rows` gives one row a sample. Throws `bad-data` where they do not fill one batch. */
export function batchesOf(rows: SampleSource, batch: number): SampleSource {
  const samples = Math.floor(rows.info.samples / batch);
  if (samples === 0) {
    throw new StudioError({
      code: 'bad-data',
      what: `The batch of ${batch} is built into the model, and the data do not fill one`,
      expected: `${batch} rows or more`,
      got: String(rows.info.samples),
      where: { file: rows.info.name },
    });
  }
  return {
    info: { ...rows.info, samples, hasLabels: false },
    sample: async (index): Promise<Sample> => {
      const parts: Sample[] = [];
      for (let i = 0; i < batch; i++) parts.push(await rows.sample(index * batch + i));
      const [first] = parts as [Sample];
      const joined = [...first.inputs.keys()].map((name) => [name, together(parts.map((p) => p.inputs.get(name) as SampleInput))] as const);
      return { id: first.id, inputs: new Map(joined), label: undefined };
    },
  };
}

function together(parts: readonly SampleInput[]): SampleInput {
  const [first] = parts as [SampleInput];
  const step = first.data.length;
  const data = new (first.data.constructor as new (length: number) => SampleInput['data'])(step * parts.length);
  parts.forEach((p, i) => void data.set(p.data as never, i * step)); // the parts have one type
  return { ...first, shape: [parts.length, ...first.shape.slice(1)], data };
}
