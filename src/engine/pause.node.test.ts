/** A pause holds what may take long between two samples, changes nothing of the result, and ends with a cancel or the next job. */
import { describe, expect, test } from 'vitest';
import { memoryEngine } from '../adapters/node/engine.fixture';
import { CancelledError, floatModel, writeNpy } from '../core/index';
import { convNet } from '../core/prepare/networks.fixture';
import { defaultRecipe } from '../core/recipe/recipe';
import type { EngineApi, Job, JobProgress } from './api';

const network = convNet();
const shape = (network.model.graph.inputs[0]?.shape ?? []).map(Number);
const samples = 6;

async function opened(): Promise<EngineApi> {
  const { engine } = memoryEngine();
  await engine.open([{ name: 'net.onnx', data: floatModel(network).bytes }], {});
  const size = shape.reduce((a, b) => a * b, samples);
  const values = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
  const data = writeNpy({ dtype: 'float32', shape: [samples, ...shape.slice(1)], data: values });
  await engine.useData([{ name: 'x.npy', data }], { role: 'calibration' });
  await engine.useData([{ name: 'x.npy', data }], { role: 'evaluation' });
  return engine;
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Pauses at the first report and looks how many more come within a while. */
async function pausedIn(engine: EngineApi, work: (job: Job) => Promise<unknown>): Promise<number> {
  let first: Promise<void> | undefined;
  let reports = 0;
  const onProgress = (_: JobProgress): void => {
    reports += 1;
    first ??= engine.pause(true);
  };
  let ended = false;
  const done = work({ onProgress }).finally(() => (ended = true));
  while (first === undefined) await wait(1);
  await wait(40); // what was under way when it was paused
  const before = reports;
  await wait(80);
  expect(ended).toBe(false);
  const meanwhile = reports - before;
  await engine.pause(false);
  await done;
  return meanwhile;
}

describe('pause', () => {
  test('holds a calibration and an evaluation, and their results are those without it', async () => {
    const engine = await opened();
    const plain = await engine.calibrate({ samples, provider: 'wasm' });
    let again: Awaited<ReturnType<EngineApi['calibrate']>> | undefined;
    expect(await pausedIn(engine, async (job) => (again = await engine.calibrate({ samples, provider: 'wasm' }, job)))).toBe(0);
    expect(again?.sha256).toBe(plain.sha256);
    await engine.convert(defaultRecipe, { sampleIndex: 0, strict: false });
    expect(await pausedIn(engine, (job) => engine.evaluate({ samples: undefined }, job))).toBe(0);
  });

  test('ends with a cancel, and with the next job', async () => {
    const engine = await opened();
    const controller = new AbortController();
    const onProgress = (): void => void engine.pause(true).then(() => setTimeout(() => controller.abort(), 30));
    await expect(engine.calibrate({ samples, provider: 'wasm' }, { signal: controller.signal, onProgress })).rejects.toThrow(
      CancelledError,
    );
    await engine.calibrate({ samples, provider: 'wasm' });
  });
});
