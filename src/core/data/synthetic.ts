/**
 * Made-up samples, for looking around without data: standard normal numbers, small tokens, masks of ones.
 * Sample i depends on the seed and i only. Ranges learnt from them mean nothing: the caller is warned.
 */
import type { Context } from '../base/context';
import { createRng } from '../base/rng';
import type { SampleSource } from '../calibrate/types';
import { sizeOf } from '../ir/tensor';
import type { ModelInput, SampleInput } from './source';

export function syntheticSource(
  inputs: readonly ModelInput[],
  options: { readonly samples: number; readonly seed: number },
  ctx: Pick<Context, 'warn'>,
): SampleSource {
  ctx.warn({
    code: 'synthetic-data',
    message:
      'Calibration data are synthetic: ranges and accuracy say nothing about real inputs. Give real samples before you trust a result.',
  });
  return {
    info: {
      name: 'synthetic',
      kind: 'synthetic',
      samples: options.samples,
      hasLabels: false,
      arrays: inputs.map((i) => ({ name: i.name, dtype: i.dtype, shape: [options.samples, ...i.shape.slice(1)] })),
      preprocessing: undefined,
    },
    sample: async (index) => {
      const rng = createRng((Math.imul(options.seed, 0x9e3779b1) + index) | 0);
      const values = new Map(inputs.map((input) => [input.name, made(input, rng)] as const));
      return { id: String(index), inputs: values, label: undefined };
    },
  };
}

function made(input: ModelInput, rng: ReturnType<typeof createRng>): SampleInput {
  const n = sizeOf(input.shape);
  const { shape } = input;
  const mask = /mask/i.test(input.name);
  const token = () => (mask ? 1 : /type|segment/i.test(input.name) ? 0 : rng.int(0, 99));
  if (input.dtype === 'int64') return { dtype: 'int64', shape, data: BigInt64Array.from({ length: n }, () => BigInt(token())) };
  if (input.dtype === 'int32') return { dtype: 'int32', shape, data: Int32Array.from({ length: n }, token) };
  if (input.dtype === 'uint8') return { dtype: 'uint8', shape, data: Uint8Array.from({ length: n }, () => rng.int(0, 255)) };
  if (input.dtype === 'int8') return { dtype: 'int8', shape, data: Int8Array.from({ length: n }, () => rng.int(-128, 127)) };
  if (input.dtype === 'bool') return { dtype: 'bool', shape, data: new Uint8Array(n).fill(1) };
  return { dtype: 'float32', shape, data: Float32Array.from({ length: n }, () => rng.normal()) };
}
