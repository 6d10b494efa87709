/**
 * Learning through the engine on ONNX Runtime: the same seed gives the same bundle bytes, also after a pause, after the
 * process was ended in the middle and on from a file that was torn; what is another calibration or recipe starts anew.
 */
import { describe, expect, test } from 'vitest';
import { memoryEngine } from '../adapters/node/engine.fixture';
import { nodeScratch } from '../adapters/node/scratch';
import { concatBytes, floatModel, writeNpy } from '../core/index';
import { createRng } from '../core/base/rng';
import { convNet } from '../core/prepare/networks.fixture';
import { defaultRecipe, type Recipe } from '../core/recipe/recipe';
import type { EngineApi, Job, JobProgress } from './api';
import type { LearnedStore } from './ports';

const options = { iterations: 20, rows: 32 };
const recipe: Recipe = {
  ...defaultRecipe,
  weights: { algorithm: 'adaround', bits: 4, options },
  activations: { ...defaultRecipe.activations, algorithm: 'lsq', options },
  seed: 7,
};
const network = convNet();
const file = { name: 'net.onnx', data: floatModel(network).bytes };
const shape = (network.model.graph.inputs[0]?.shape ?? []).map(Number);
const samples = 2;

function data(seed: number): { readonly name: string; readonly data: Uint8Array } {
  const rng = createRng(seed);
  const size = shape.reduce((a, b) => a * b, samples);
  const values = Float32Array.from({ length: size }, () => rng.normal());
  return { name: 'x.npy', data: writeNpy({ dtype: 'float32', shape: [samples, ...shape.slice(1)], data: values }) };
}

/** A store in memory that a process may leave behind; `limit` tears what is appended. */
function memoryStore(): LearnedStore & { readonly files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    read: async (key) => files.get(key),
    append: async (key, bytes) => void files.set(key, concatBytes([files.get(key) ?? new Uint8Array(), bytes])),
    remove: async (key) => void files.delete(key),
  };
}

async function ready(
  learned: LearnedStore | undefined,
  seed = 1,
  now = () => performance.now(),
): Promise<{ engine: EngineApi; zip: () => Promise<Uint8Array> }> {
  const { engine, written } = memoryEngine({ learned, now });
  await engine.open([file], {});
  await engine.useData([data(seed)], { role: 'calibration' });
  await engine.calibrate({ samples, provider: 'wasm' });
  return {
    engine,
    zip: async () => {
      await engine.exportBundle({ formats: [], level: 0 });
      return concatBytes(written.chunks);
    },
  };
}

const convert = (engine: EngineApi, job?: Job, r = recipe) => engine.convert(r, { sampleIndex: 0, strict: false }, job);
const isDone = (p: JobProgress): boolean => p.learning?.result !== undefined;

async function bundle(learned?: LearnedStore): Promise<{ readonly bytes: Uint8Array; readonly seen: readonly JobProgress[] }> {
  const { engine, zip } = await ready(learned);
  const seen: JobProgress[] = [];
  await convert(engine, { onProgress: (p) => void seen.push(p) });
  return { bytes: await zip(), seen };
}

describe('learning', () => {
  const once = bundle();

  test('the same seed twice gives the same bundle, and every loss is told', async () => {
    const { bytes, seen } = await once;
    expect((await bundle()).bytes).toEqual(bytes);
    const layers = new Set(seen.filter(isDone).map((p) => `${p.learning?.kind} ${p.layer}`));
    expect(layers.size).toBe(seen.filter(isDone).length);
    for (const id of layers) {
      const curve = seen.filter((p) => `${p.learning?.kind} ${p.layer}` === id).flatMap((p) => p.curve ?? []);
      expect(curve.map(([step]) => step)).toEqual([10, 20]);
    }
    for (const p of seen.filter(isDone)) expect(p.layerMs).toBeGreaterThan(0);
  });

  test('a pause stops it between two steps, changes nothing of the result, and its time does not count', async () => {
    let later = 0;
    const { engine, zip } = await ready(undefined, 1, () => performance.now() + later);
    const seen: JobProgress[] = [];
    let paused: Promise<void> | undefined;
    let during = -1;
    const job: Job = {
      onProgress(p) {
        seen.push(p);
        if (paused || p.learning?.kind !== 'weights' || p.loss === undefined) return;
        paused = (async () => {
          await engine.pause(true);
          await new Promise((resolve) => setTimeout(resolve, 100));
          const before = [seen.length, process.cpuUsage().user] as const;
          await new Promise((resolve) => setTimeout(resolve, 500));
          during = seen.length - before[0];
          expect((process.cpuUsage().user - before[1]) / 1000).toBeLessThan(250);
          later = 1e9;
          await engine.pause(false);
        })();
      },
    };
    await convert(engine, job);
    await paused;
    expect(during).toBe(0);
    for (const p of seen.slice(1)) expect(Math.max(p.layerMs ?? 0, p.etaMs ?? 0)).toBeLessThan(1e8);
    expect(await zip()).toEqual((await once).bytes);
  });

  test('a paused conversion can be cancelled, and the next one is not paused', async () => {
    const { engine, zip } = await ready(undefined);
    const controller = new AbortController();
    const job: Job = {
      signal: controller.signal,
      onProgress(p) {
        if (p.learning?.kind === 'weights' && isDone(p)) void engine.pause(true).then(() => setTimeout(() => controller.abort(), 50));
      },
    };
    await expect(convert(engine, job)).rejects.toMatchObject({ name: 'CancelledError' });
    const known = await engine.learned(recipe, { provider: 'wasm' });
    expect(known?.parts.map((p) => [p.kind, p.done > 0 && p.done <= p.count])).toEqual([
      ['steps', true],
      ['weights', true],
    ]);
    await convert(engine);
    expect(await zip()).toEqual((await once).bytes);
  });

  test('another engine goes on where one was ended, from a torn file too, to the same bytes', async () => {
    const store = memoryStore();
    const first = await ready(store);
    const controller = new AbortController();
    const job: Job = {
      signal: controller.signal,
      onProgress: (p) => p.learning?.kind === 'weights' && p.learning.place === 2 && controller.abort(),
    };
    await expect(convert(first.engine, job)).rejects.toMatchObject({ name: 'CancelledError' });
    const [[key, bytes]] = [...store.files] as [[string, Uint8Array]];
    const whole = (await once).seen.filter(isDone).map((p) => p.learning?.kind);
    const steps = whole.filter((k) => k === 'steps').length;
    for (const [kept, expected] of [
      [bytes, 2],
      [bytes.slice(0, -3), 1],
    ] as const) {
      store.files.set(key, kept);
      const next = await ready(store);
      expect(await next.engine.learned(recipe, { provider: 'wasm' })).toEqual({
        parts: [
          { kind: 'steps', done: steps, count: steps },
          { kind: 'weights', done: expected, count: whole.length - steps },
        ],
      });
      const seen: JobProgress[] = [];
      await convert(next.engine, { onProgress: (p) => void seen.push(p) });
      expect(await next.zip()).toEqual((await once).bytes);
      expect(seen.filter((p) => p.learning?.result?.isKnown).length).toBe(steps + expected);
      expect((await (await ready(store)).engine.learned(recipe, { provider: 'wasm' }))?.parts.every((p) => p.done === p.count)).toBe(true);
    }
    expect(store.files.size).toBe(1);
  });

  test('other data, another seed or provider know nothing of it, and what is forgotten is learned again', async () => {
    const store = memoryStore();
    const { engine } = await ready(store);
    await convert(engine);
    const known = (e: EngineApi, r = recipe, provider: 'wasm' | 'webgpu' = 'wasm') => e.learned(r, { provider });
    const fresh = (await ready(store)).engine;
    expect(await known(fresh)).toBeDefined();
    expect(await known(fresh, { ...recipe, seed: 8 })).toBeUndefined();
    expect(await known(fresh, recipe, 'webgpu')).toBeUndefined();
    expect(await known(fresh, defaultRecipe)).toBeUndefined();
    expect(await known((await ready(store, 2)).engine)).toBeUndefined();
    await engine.forgetLearned(recipe, { provider: 'wasm' });
    expect([await known(engine), store.files.size]).toEqual([undefined, 0]);
  });

  test('a calibration that was restored finds what was learned before', async () => {
    const store = memoryStore();
    const { engine } = await ready(store);
    await convert(engine);
    const saved = await engine.saveCalibration();
    const next = memoryEngine({ learned: store }).engine;
    await next.open([file], {});
    await next.useData([data(1)], { role: 'calibration' });
    await next.restoreCalibration(saved);
    expect(await next.learned(recipe, { provider: 'wasm' })).toBeDefined();
    await next.useData([data(2)], { role: 'calibration' });
    expect(await next.learned(recipe, { provider: 'wasm' })).toBeUndefined();
  });

  test('a store without room costs one warning, and the result is the same', async () => {
    const full: LearnedStore = { ...memoryStore(), append: () => Promise.reject(new Error('the disk is full')) };
    const { engine, zip } = await ready(full);
    const { warnings } = await convert(engine);
    expect(warnings.filter((w) => w.code === 'learned-not-kept')).toHaveLength(1);
    expect(warnings[0]?.message).toContain('the disk is full');
    expect((await zip()).length).toBe((await once).bytes.length);
  });

  test('without memory for activations the bundle is the same', async () => {
    const { engine, zip } = await ready(undefined);
    let opened = 0;
    const { engine: frugal, written } = memoryEngine({ openScratch: () => (opened++, nodeScratch()) });
    await frugal.open([file], {});
    await frugal.useData([data(1)], { role: 'calibration' });
    await frugal.calibrate({ samples, provider: 'wasm' });
    await frugal.convert(recipe, { sampleIndex: 0, strict: false, memory: 0 });
    await frugal.exportBundle({ formats: [], level: 0 });
    await convert(engine);
    expect(opened).toBe(1);
    expect(concatBytes(written.chunks)).toEqual(await zip());
  });

  test('a provider that is not here is refused by name', async () => {
    const { engine } = await ready(undefined);
    await expect(engine.convert(recipe, { sampleIndex: 0, strict: false, provider: 'webgpu' })).rejects.toMatchObject({
      fields: { code: 'bad-usage', what: 'webgpu is not available here', expected: 'wasm' },
    });
  });
});
