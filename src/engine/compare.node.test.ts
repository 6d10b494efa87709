// Paths and runs side by side, on a real network: against its own tensors and reports.
import { beforeAll, expect, test } from 'vitest';
import { calibrationData, memoryEngine, preprocessing, resnet } from '../adapters/node/engine.fixture';
import { defaultRecipe } from '../core/index';
import type { ConversionSummary } from './api';

const { engine } = memoryEngine();
let second: ConversionSummary;
const layer = 'layer2.0.conv1';
const convert = (weightBits: number) =>
  engine.convert({ ...defaultRecipe, layers: [{ match: 'layer3.1.conv2', weightBits }] }, { sampleIndex: 0, strict: false });

beforeAll(async () => {
  await engine.open([resnet], {});
  await engine.useData([calibrationData], { role: 'calibration', preprocessing });
  await engine.calibrate({ samples: 4, provider: 'wasm' });
  await convert(8);
}, 60_000);

test('the integers against the float model have the SQNR of the report, and rounding is no difference', async () => {
  await expect(engine.compareLayers('before', 'integer')).rejects.toThrow(/no run to compare/);
  second = await convert(3);
  for (const l of await engine.compareLayers('float', 'integer')) {
    const want = second.layers.find((r) => r.id === l.id)?.sqnrDb;
    if (want !== undefined) expect(l.sqnrDb, l.id).toBeCloseTo(want, 6);
  }
  const fake = await engine.compareLayers('fake', 'integer');
  expect(fake.length).toBeGreaterThan(20);
  // single steps at first, which later layers take on; the 16 bits of the logits show each of them
  expect((fake[0]?.changed ?? 1) / (fake[0]?.elements ?? 1)).toBeLessThan(0.01);
  for (const l of fake.slice(0, -1)) expect(l.changed / l.elements, l.id).toBeLessThan(0.2);
});

test('a run before differs from the layer on whose bits are others, and nowhere ahead of it', async () => {
  const layers = await engine.compareLayers('before', 'integer');
  const at = layers.findIndex((l) => l.id === 'layer3.1.conv2');
  expect(at).toBeGreaterThan(5);
  expect(layers.slice(0, at).every((l) => l.changed === 0)).toBe(true);
  expect(layers[at]?.changed).toBeGreaterThan(0);
  expect(layers.at(-1)?.changed).toBeGreaterThan(0);
});

test('windows hold the values, and of two paths their difference', async () => {
  const window = { row: 2, rows: 3, column: 1, columns: 4 };
  const a = await engine.compareWindow(layer, ['float'], [0, 1], window);
  const b = await engine.compareWindow(layer, ['integer'], [0, 1], window);
  const d = await engine.compareWindow(layer, ['float', 'integer'], [0, 1], window);
  expect([a.rows, a.columns]).toEqual([3, 4]);
  expect([...d.values]).toEqual([...a.values].map((v, i) => Math.fround((b.values[i] ?? 0) - v)));
  const integers = await engine.tensorWindow(layer, 'yq', [0, 1], window);
  const info = (await engine.layer(layer)).tensors.find((t) => t.role === 'yq');
  const scale = info?.scale[0] ?? NaN;
  expect([...b.values]).toEqual([...integers.values].map((q) => Math.fround((q - (info?.zeroPoint ?? 0)) * scale)));
  const one = await engine.compareLayer(layer, 'float', 'integer');
  expect(one.step).toBe(scale);
  expect(one.histograms.a.counts.reduce((s, n) => s + n, 0)).toBe(one.elements);
});

test('a pinned run stays, an unpinned one gives way to the conversion before', async () => {
  const first = (await engine.runs()).before?.recipeHash;
  await engine.pinRun(true);
  await convert(5);
  expect((await engine.runs()).before?.recipeHash).toBe(first);
  await engine.pinRun(false);
  const now = (await engine.runs()).now.recipeHash;
  await convert(4);
  expect((await engine.runs()).before?.recipeHash).toBe(now);
});

test('runs on different samples are not compared', async () => {
  await engine.convert(defaultRecipe, { sampleIndex: 1, strict: false });
  await expect(engine.compareLayers('before', 'integer')).rejects.toThrow(/another sample/);
});
