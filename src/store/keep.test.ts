/** Laws of what is kept: it belongs to one model, and what could not be kept leaves what was kept before whole. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CalibrationSummary, EngineApi, FileInput, ModelGraph, ModelSummary } from '../engine/api';
import type { DatasetInfo } from '../core/calibrate/types';
import { convert } from './actions/steps';
import { forgetSession, keepCalibration, keepData, keepModel, keepSessionUpToDate, keepSyntheticData } from './keep';
import { empty } from './loadable';
import { provideServices } from './services';
import { isCalibrationStale, nextStep } from './selectors';
import type { OpenModel } from './state';
import { StorageFull, StorageRefused, type Storage } from './storage';
import { emptyWork, setView, setWork, state, useStudio } from './store';

/** Maps instead of a disk; `hinder` is asked before every write. */
function memory() {
  const meta = new Map<string, unknown>();
  const slots = new Map<string, readonly FileInput[]>();
  const nothing: (key: string) => Error | undefined = () => undefined;
  const disk = { meta, slots, hinder: nothing };
  const check = (key: string) => {
    const error = disk.hinder(key);
    if (error) throw error;
  };
  const storage: Storage = {
    readMeta: async (key) => meta.get(key),
    writeMeta: async (key, value) => {
      check(key);
      meta.set(key, value);
    },
    removeMeta: async (key) => void meta.delete(key),
    writeFiles: async (slot, files) => {
      check(`files:${slot}`);
      slots.set(slot, files);
    },
    readFiles: async (slot) => slots.get(slot)?.slice(),
    removeFiles: async (slot) => void slots.delete(slot),
  };
  return Object.assign(disk, { storage });
}

const file = (name: string): FileInput[] => [{ name, data: new Uint8Array([1]) }];
const info = (name: string): DatasetInfo => ({ name, kind: 'npz', samples: 1, hasLabels: false, arrays: [], preprocessing: undefined });
// The store passes both on and looks into neither.
const model = (name: string): OpenModel => ({ summary: { name } as ModelSummary, graph: {} as ModelGraph, sample: undefined });
const calibrated = { samples: 1 } as CalibrationSummary;

let disk = memory();
beforeEach(() => {
  disk = memory();
  const engine = { saveCalibration: async () => new Uint8Array([7]) } as Partial<EngineApi> as EngineApi;
  provideServices({ engine, storage: disk.storage, layout: () => Promise.reject(new Error('no layout here')) });
  useStudio.setState({ notices: [] });
});
afterEach(() => setWork({ ...emptyWork, model: empty }));

async function openAndKeep(name: string): Promise<void> {
  const opened = model(name);
  setWork({ ...emptyWork, model: { kind: 'ready', value: opened } });
  await keepModel(opened, file(`${name}.onnx`), undefined, undefined);
}
async function work(name: string): Promise<void> {
  await keepData('calibration', file(`${name}.npz`), undefined);
  await keepCalibration();
}
const kept = () => ({ files: [...disk.slots.values()].flat().map((f) => f.name), meta: Object.fromEntries(disk.meta) });

test('a model that finds no room leaves the visit before whole, whatever is done with it', async () => {
  await openAndKeep('small');
  await work('small');
  const before = kept();
  disk.hinder = (key) => (key === 'files:model' ? new StorageFull() : undefined);
  await openAndKeep('big');
  await work('big');
  await keepSyntheticData(8);
  const stop = keepSessionUpToDate();
  setView({ treeQuery: 'x' });
  await new Promise((resolve) => setTimeout(resolve, 500));
  stop();
  expect(kept()).toEqual(before);
  expect(state().notices.map((n) => n.title)).toEqual([new StorageFull().fields.what]);

  disk.hinder = () => undefined;
  await openAndKeep('next');
  await work('next');
  expect(kept().files.sort()).toEqual(['next.npz', 'next.onnx']);
});

test('a model that was kept by half is kept not at all', async () => {
  await openAndKeep('small');
  await work('small');
  disk.hinder = (key) => (key === 'session' ? new StorageFull() : undefined);
  await openAndKeep('big');
  expect(kept()).toEqual({ files: [], meta: {} });
});

test('data of a model that is gone by the time of their write are not kept', async () => {
  await openAndKeep('one');
  const writes = keepData('calibration', file('one.npz'), undefined);
  const next = openAndKeep('two');
  await Promise.all([writes, next]);
  expect(kept().files).toEqual(['two.onnx']);
});

test('the calibration is kept with the data that it came from only', async () => {
  await openAndKeep('one');
  await work('first');
  expect(disk.meta.get('calibration')).toEqual(new Uint8Array([7]));
  await keepData('calibration', file('other.npz'), undefined);
  expect(disk.meta.has('calibration')).toBe(false);
  await keepSyntheticData(8);
  expect(kept().files).toEqual(['one.onnx']);
  expect(disk.meta.get('calibration-synthetic')).toBe(8);
  await forgetSession();
  expect(kept()).toEqual({ files: [], meta: {} });
});

test('a browser that keeps nothing says so once, in plain words', async () => {
  disk.hinder = () => new StorageRefused();
  await openAndKeep('one');
  await work('one');
  expect(state().notices.map((n) => n.title)).toEqual([new StorageRefused().fields.what]);
  useStudio.setState({ notices: [] });
  await openAndKeep('two');
  expect(state().notices).toEqual([]);
});

test('other data make the calibration stale: the next step is to calibrate, and nothing is converted', async () => {
  await openAndKeep('one');
  const first = info('a');
  setWork({ data: { calibration: { kind: 'ready', value: first }, evaluation: empty } });
  setWork({ calibration: { kind: 'ready', value: calibrated }, calibratedOn: first });
  expect([isCalibrationStale(state()), nextStep(state())]).toEqual([false, 'recipe']);
  // The same name says nothing about the numbers.
  setWork({ data: { calibration: { kind: 'ready', value: info('a') }, evaluation: empty } });
  expect([isCalibrationStale(state()), nextStep(state())]).toEqual([true, 'calibrate']);
  expect(await convert()).toBe(false);
  expect(state().notices).toMatchObject([{ job: 'convert', tone: 'bad' }]);
});
