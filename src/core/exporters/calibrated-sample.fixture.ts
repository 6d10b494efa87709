/** The networks that the product ships, canonical and calibrated on their own data. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import { quietContext } from '../base/context';
import { observedValues } from '../calibrate/observed-values';
import { calibrate } from '../calibrate/run';
import type { CalibrationShard, Sample, SampleSource } from '../calibrate/types';
import { openData } from '../data/open-data';
import type { CanonicalModel, ValueName } from '../ir/model';
import { withExtraOutputs } from '../onnx/extra-outputs';
import { readModel } from '../onnx/read';
import { canonicalise } from '../passes/canonical';

const folder = join(import.meta.dirname, '../../../public/samples');
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));

export const feedsOf = (s: Sample) => [...s.inputs].map(([name, { dtype, shape, data }]) => ({ name, dtype, shape, data }));

/** A network of public/samples that takes pictures of Fashion-MNIST. */
export async function calibratedSample(
  file: string,
  samples: number,
): Promise<{ c: CanonicalModel; data: SampleSource; calibration: CalibrationShard }> {
  const bytes = bytesOf(file);
  const c = await canonicalise(readModel(bytes, file), {}, quietContext());
  const inputs = c.model.graph.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape: shape as readonly number[] }));
  const data = await openData([{ path: 'calib.npz', read: async () => bytesOf('fashion_calib.npz') }], inputs, {
    preprocessing: { scale: 255, mean: [0.286], std: [0.353] },
    decodeImage: () => {
      throw new Error('no images');
    },
  });
  const values = observedValues(c);
  const given = new Set<string>(inputs.map((i) => i.name));
  const asked = values.filter((v) => !given.has(v));
  const extra = asked.map((name) => ({ name, dtype: 'float32', shape: undefined }) as const);
  const session = await nodeRunner().load(withExtraOutputs(bytes, extra), { provider: 'wasm' });
  const run = async (s: Sample) =>
    new Map((await session.run(feedsOf(s), asked)).map((t) => [t.name as ValueName, t.data as Float32Array]));
  const calibration = await calibrate(data, run, values, { samples, provider: 'wasm' }, quietContext());
  await session.close();
  return { c, data, calibration };
}
