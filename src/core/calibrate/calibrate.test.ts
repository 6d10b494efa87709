import { describe, expect, test } from 'vitest';
import { quietContext, type Context, type Progress } from '../base/context';
import { CancelledError, StudioError } from '../base/errors';
import { createRng } from '../base/rng';
import type { ValueName } from '../ir/model';
import { mergeCalibrations, readCalibration, writeCalibration } from './merge';
import { calibrate, type SampleRunner } from './run';
import type { CalibrationShard, SampleSource } from './types';

const values = ['input', 'double'] as ValueName[]; // names of the made-up model
const double = values[1] as ValueName;

function source(samples: number, order: (i: number) => number = (i) => i): SampleSource {
  return {
    info: { name: 'made', kind: 'npy', samples, hasLabels: false, arrays: [], preprocessing: undefined },
    sample: (i) => {
      const rng = createRng(order(i));
      const data = Float32Array.from({ length: 50 }, () => rng.normal() * 2 ** (order(i) % 7));
      return Promise.resolve({ id: `s${i}`, inputs: new Map([['input', { dtype: 'float32', shape: [1, 50], data }]]), label: undefined });
    },
  };
}

const run: SampleRunner = (sample) => {
  const x = sample.inputs.get('input')?.data as Float32Array; // as made above
  return Promise.resolve(new Map([[double, x.map((v) => 2 * v)]]));
};

const options = { samples: 20, provider: 'wasm' } as const;
const all = (s: SampleSource, ctx: Context = quietContext()) => calibrate(s, run, values, options, ctx);

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
}

describe('calibration', () => {
  test('statistics count everything and do not depend on the order of samples', async () => {
    const forward = await all(source(20));
    const backward = await all(source(20, (i) => 19 - i));
    expect(forward.stats.get(double)?.count).toBe(1000);
    expect(forward.stats).toEqual(backward.stats);
    expect(forward.sha256).not.toBe(backward.sha256);
    expect(forward.source).toBe('npz');
  });

  test('progress is monotone, its total constant, and it ends there', async () => {
    const seen: Progress[] = [];
    await all(source(20), { ...quietContext(), progress: (p) => seen.push(p) });
    expect(seen).toEqual(Array.from({ length: 21 }, (_, done) => ({ stage: 'calibrate', done, total: 20 })));
  });

  test.each([1, 2, 3, 7, 20])('%i shards, merged in any order, are the one run', async (count) => {
    const shards: CalibrationShard[] = [];
    for (let index = 0; index < count; index++)
      shards.unshift(await calibrate(source(20), run, values, { ...options, shard: { index, count } }, quietContext()));
    const travelled = shards.map((s) => readCalibration(writeCalibration(s)));
    expect(mergeCalibrations(travelled)).toEqual(await all(source(20)));
  });

  test('a shard that is missing, or given twice, is refused', async () => {
    const shard = (index: number) => calibrate(source(20), run, values, { ...options, shard: { index, count: 3 } }, quietContext());
    const [a, b, c] = [await shard(0), await shard(1), await shard(2)];
    expect(() => mergeCalibrations([a, c])).toThrow('missing or given twice');
    expect(() => mergeCalibrations([a, b, b, c])).toThrow('missing or given twice');
  });

  test('the same calibration makes the same bytes, and other bytes are refused', async () => {
    const bytes = writeCalibration(await all(source(20)));
    expect(writeCalibration(await all(source(20)))).toEqual(bytes);
    expect(() => readCalibration(bytes.subarray(0, bytes.length - 1))).toThrow(StudioError);
    expect(() => readCalibration(new Uint8Array(5))).toThrow('Not a saved calibration');
  });

  test('a non-finite activation names tensor and sample', async () => {
    const broken: SampleRunner = async (s) => (s.id === 's4' ? new Map([[double, new Float32Array([1, Infinity])]]) : run(s));
    const e = await failure(calibrate(source(20), broken, values, options, quietContext()));
    expect(e).toBeInstanceOf(StudioError);
    expect((e as StudioError).fields).toMatchObject({ code: 'not-finite', where: { value: 'double', sample: 's4' } });
  });

  test('a failure of the runtime names the sample', async () => {
    const e = await failure(
      calibrate(source(20), (s) => (s.id === 's2' ? Promise.reject(new Error('out of memory')) : run(s)), values, options, quietContext()),
    );
    expect((e as StudioError).message).toBe('The model failed on a sample, got out of memory [sample s2]');
  });

  test('a cancel ends it at the next sample', async () => {
    const signal = { aborted: false };
    let runs = 0;
    const cancelling: SampleRunner = (s) => {
      signal.aborted = ++runs === 3;
      return run(s);
    };
    expect(await failure(calibrate(source(20), cancelling, values, options, { ...quietContext(), signal }))).toBeInstanceOf(CancelledError);
    expect(runs).toBe(3);
  });

  test('no samples at all is said', async () => {
    expect(await failure(all(source(0)))).toBeInstanceOf(StudioError);
  });
});
