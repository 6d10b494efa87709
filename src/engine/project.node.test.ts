/** Laws of projects in the engine: one that was saved brings a fresh engine to the same integers, and an old one opens. */
import { expect, test } from 'vitest';
import { calibrationData, fileInput, memoryEngine, preprocessing, resnet } from '../adapters/node/engine.fixture';
import { concatBytes } from '../core/base/bytes';
import { defaultRecipe } from '../core/recipe/recipe';
import type { ProjectRequest } from './project-api';

const recipe = { ...defaultRecipe, layers: [{ match: 'layer1.*', weightBits: 4 }] };
const request: ProjectRequest = {
  savedAt: '2026-11-25T09:30:00.000Z',
  model: { shapes: undefined, sample: undefined, files: [resnet] },
  data: { calibration: { name: calibrationData.name, synthetic: undefined, preprocessing, files: [calibrationData] } },
  recipe,
  view: undefined,
  results: undefined,
};

test('a fresh engine comes from a project to the same integers', async () => {
  const first = memoryEngine();
  const summary = await first.engine.open([resnet], {});
  await first.engine.useData([calibrationData], { role: 'calibration', preprocessing });
  await first.engine.calibrate({ samples: 4, provider: 'wasm' });
  const before = await first.engine.convert(recipe, { sampleIndex: 1, strict: false });
  const { fileName } = await first.engine.saveProject(request);
  expect(fileName).toBe('resnet14_fashion.t2cproj');
  expect(first.written.closed).toBe(1);

  const { engine } = memoryEngine();
  const project = await engine.readProject({ name: fileName, data: concatBytes(first.written.chunks) });
  expect(project.model).toMatchObject({ name: summary.name, identity: summary.identity });
  await engine.open(project.model.files ?? [], {});
  await engine.useData(project.data.calibration?.files ?? [], { role: 'calibration', preprocessing });
  await engine.restoreCalibration(project.calibration ?? new Uint8Array());
  expect(await engine.convert(project.recipe, { sampleIndex: 1, strict: false })).toEqual(before);
});

test('without its model a project is small, and the statistics of another model are refused', async () => {
  const { engine, written } = memoryEngine();
  await engine.open([resnet], {});
  await engine.useSyntheticData({ samples: 2, seed: 0 });
  await engine.calibrate({ samples: 2, provider: 'wasm' });
  const { bytes } = await engine.saveProject({ ...request, model: { ...request.model, files: undefined }, data: {} });
  expect(bytes).toBeLessThan(200_000);
  const project = await engine.readProject({ name: 'p', data: concatBytes(written.chunks) });
  expect(project.model.files).toBeUndefined();
  await engine.open([fileInput('public/samples/vggbn_fashion.onnx')], {});
  await expect(engine.restoreCalibration(project.calibration ?? new Uint8Array())).rejects.toMatchObject({
    fields: { what: 'The saved calibration belongs to another model' },
  });
});

test('a project of version 1 opens with its statistics', async () => {
  const { engine } = memoryEngine();
  const project = await engine.readProject(fileInput('fixtures/projects/v1.t2cproj'));
  const { identity } = await engine.open(project.model.files ?? [], {});
  expect(identity).toBe(project.model.identity);
  expect(await engine.restoreCalibration(project.calibration ?? new Uint8Array())).toMatchObject({ samples: 8, source: 'synthetic' });
});

test('a project whose file cannot be read leaves nothing behind', async () => {
  const { engine, written } = memoryEngine();
  await engine.open([resnet], {});
  const gone = { name: 'gone.npz', data: { arrayBuffer: () => Promise.reject(new Error('gone')) } as Partial<Blob> as Blob };
  const data = { calibration: { name: 'gone.npz', synthetic: undefined, preprocessing: undefined, files: [gone] } };
  await expect(engine.saveProject({ ...request, data })).rejects.toMatchObject({ fields: { code: 'storage' } });
  expect([written.closed, written.aborted]).toEqual([0, 1]);
});
