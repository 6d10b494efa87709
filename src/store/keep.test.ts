/** Laws of what is kept: it belongs to one model, and what could not be kept leaves what was kept before whole. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CalibrationSummary, EngineApi, FileInput, ModelGraph, ModelSummary } from '../engine/api';
import type { DatasetInfo } from '../core/calibrate/types';
import { convert } from './actions/steps';
import { deleteVisit, keepCalibration, keepData, keepModel, keepSessionUpToDate, keepSyntheticData, leaveVisit } from './keep';
import { empty } from './loadable';
import { provideServices } from './services';
import { isCalibrationStale, nextStep } from './selectors';
import type { OpenModel } from './state';
import { StorageFull, StorageRefused, type Storage } from './storage';
import { emptyWork, setView, setWork, state, useStudio } from './store';
import { adoptOldVisit, mostVisits, readCurrent, readVisits, visitBytes } from './visits';

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
    updateMeta: async (key, change) => {
      check(key);
      meta.set(key, change(meta.get(key)));
    },
    removeMeta: async (key) => void meta.delete(key),
    estimate: async () => undefined,
    writeFiles: async (slot, files) => {
      check(slot);
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
const model = (name: string): OpenModel => ({
  summary: { name, identity: `id of ${name}` } as ModelSummary,
  graph: {} as ModelGraph,
  sample: undefined,
});
const calibrated = { samples: 1 } as CalibrationSummary;

let disk = memory();
beforeEach(() => {
  disk = memory();
  const engine = { saveCalibration: async () => new Uint8Array([7]) } as Partial<EngineApi> as EngineApi;
  provideServices({
    engine,
    storage: disk.storage,
    layout: () => Promise.reject(new Error('no layout here')),
    codeHelp: () => {
      throw new Error('no editor here');
    },
  });
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
const names = async () => (await readVisits()).map((v) => v.name);
/** The end of a key or slot: the part of its visit. */
const full = (part: string) => (key: string) => (key.endsWith(`.${part}`) ? new StorageFull() : undefined);

test('a model that finds no room leaves the visit before whole, whatever is done with it', async () => {
  await openAndKeep('small');
  await work('small');
  const before = kept();
  disk.hinder = full('model');
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
  expect(kept().files.sort()).toEqual(['next.npz', 'next.onnx', 'small.npz', 'small.onnx']);
  expect(await names()).toEqual(['next', 'small']);
});

test('a model that was kept by half is kept not at all, and the one before stays the last', async () => {
  await openAndKeep('small');
  await work('small');
  const before = kept();
  disk.hinder = full('session');
  await openAndKeep('big');
  expect(kept()).toEqual(before);
});

test('data of a model that is gone by the time of their write are not kept', async () => {
  await openAndKeep('one');
  const writes = keepData('calibration', file('one.npz'), undefined);
  const next = openAndKeep('two');
  await Promise.all([writes, next]);
  expect(kept().files.sort()).toEqual(['one.onnx', 'two.onnx']);
});

test('the calibration is kept with the data that it came from only', async () => {
  await openAndKeep('one');
  await work('first');
  const at = (part: string) => `${String(disk.meta.get('current'))}.${part}`;
  expect(disk.meta.get(at('calibration'))).toEqual(new Uint8Array([7]));
  expect((await readVisits())[0]?.made).toBe('calibrated');
  await keepData('calibration', file('other.npz'), undefined);
  expect(disk.meta.has(at('calibration'))).toBe(false);
  expect((await readVisits())[0]?.made).toBe('opened');
  await keepSyntheticData(8);
  expect(kept().files).toEqual(['one.onnx']);
  expect(disk.meta.get(at('calibration-synthetic'))).toBe(8);
});

test('a model that is closed stays on the list, and deleting it leaves nothing', async () => {
  await openAndKeep('one');
  await work('one');
  const [visit] = await readVisits();
  expect(await visitBytes(visit?.id ?? '')).toBe(3);
  await leaveVisit();
  expect(await readCurrent()).toBeUndefined();
  expect(await names()).toEqual(['one']);
  await deleteVisit(visit?.id ?? '');
  expect(kept()).toEqual({ files: [], meta: { visits: [] } });
});

test('what is made after the open visit was deleted is kept no more', async () => {
  await openAndKeep('one');
  await deleteVisit((await readVisits())[0]?.id ?? '');
  await work('one');
  expect(kept()).toEqual({ files: [], meta: { visits: [] } });
});

test('a model that is opened again stands for the visit in which nothing was made, not for one with statistics', async () => {
  await openAndKeep('one');
  await openAndKeep('one');
  expect(kept().files).toEqual(['one.onnx']);
  await work('one');
  await openAndKeep('one');
  expect(await names()).toEqual(['one', 'one']);
});

test('the oldest visits go when there are too many', async () => {
  for (let i = 0; i < mostVisits + 2; i++) {
    await openAndKeep(`m${i}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(await names()).toEqual(Array.from({ length: mostVisits }, (_, i) => `m${mostVisits + 1 - i}`));
  expect(kept().files).toHaveLength(mostVisits);
});

test('the one visit that the first releases kept is the first of the list', async () => {
  await disk.storage.writeFiles('model', file('old.onnx'));
  disk.meta.set('calibration', new Uint8Array(5));
  await adoptOldVisit();
  expect(await readVisits()).toEqual([{ id: '', name: 'old', identity: '', usedAt: 0, made: 'opened' }]);
  expect([await readCurrent(), await visitBytes('')]).toEqual(['', 6]);
  await deleteVisit('');
  await adoptOldVisit();
  expect(kept()).toEqual({ files: [], meta: { visits: [] } });
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
