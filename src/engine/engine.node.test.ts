// The engine with the real ONNX Runtime on the repository's samples: the laws of its state, and the main job end to end.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { calibrationData, fileInput, memoryEngine, preprocessing, resnet, testData, type Written } from '../adapters/node/engine.fixture';
import {
  CancelledError,
  concatBytes,
  defaultRecipe,
  parseRecipe,
  quietContext,
  readNpy,
  sha256Hex,
  StudioError,
  unzipBundle,
  verifyBundle,
} from '../core/index';
import type { EngineApi, Job } from './api';

const convertOptions = { sampleIndex: 0, strict: true };
const stored = { formats: [], level: 0 };

async function prepared(samples = 8): Promise<{ engine: EngineApi; written: Written }> {
  const made = memoryEngine();
  await made.engine.open([resnet], {});
  await made.engine.useData([calibrationData], { role: 'calibration', preprocessing });
  await made.engine.calibrate({ samples, provider: 'wasm' });
  return made;
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
}

const codeOf = (error: unknown): string | undefined => (error instanceof StudioError ? error.code : undefined);

/** A job that is cancelled at the first progress of a stage. */
function cancelledAt(stage: string): Job {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    onProgress: (p) => {
      if (p.stage === stage && p.done > 0) controller.abort();
    },
  };
}

describe('the order of steps', () => {
  test('a step asked for too early is not ready and says what is missing', async () => {
    const { engine } = memoryEngine();
    const codes = async (calls: readonly (() => Promise<unknown>)[]) =>
      Promise.all(calls.map(async (call) => codeOf(await failure(call()))));
    const early = [
      () => engine.graph(),
      () => engine.useData([calibrationData], { role: 'calibration' }),
      () => engine.useSyntheticData({ samples: 1, seed: 0 }),
      () => engine.calibrate({ samples: 1, provider: 'wasm' }),
      () => engine.convert(defaultRecipe, convertOptions),
      () => engine.layer('fc'),
      () => engine.tensorWindow('fc', 'yq', [], { row: 0, rows: 1, column: 0, columns: 1 }),
      () => engine.tensorFile('fc', 'yq', 'npy'),
      () => engine.exportBundle(stored, {}),
      () => engine.evaluate({ samples: 1 }),
      () => engine.saveCalibration(),
    ];
    expect(await codes(early)).toEqual(early.map(() => 'not-ready'));
    await engine.open([resnet], {});
    expect(await codes(early.slice(3, 5))).toEqual(['not-ready', 'not-ready']);
    expect(await codes(early.slice(6))).toEqual(early.slice(6).map(() => 'not-ready'));
    expect(String(await failure(engine.calibrate({ samples: 1, provider: 'wasm' })))).toMatch(/no calibration data.*npz/);
  });
});

describe('what fails changes nothing', () => {
  test('a failed open keeps the model, its data and its integers', async () => {
    const { engine } = await prepared(4);
    const before = await engine.convert(defaultRecipe, convertOptions);
    for (const bad of ['zero-bytes', 'truncated', 'not-onnx', 'nan-weights', 'external-missing', 'dynamic-spatial']) {
      const error = await failure(engine.open([fileInput(`fixtures/bad/${bad}.onnx`)], {}));
      expect(error, bad).toBeInstanceOf(StudioError);
    }
    expect(codeOf(await failure(engine.open([resnet, { ...resnet, name: 'b.onnx' }], {})))).toBe('bad-usage');
    expect(codeOf(await failure(engine.useData([fileInput('LICENSE')], { role: 'calibration' })))).toBe('bad-data');
    expect((await engine.layer('fc')).report).toEqual(before.layers.find((l) => l.id === 'fc'));
    expect((await engine.convert(defaultRecipe, convertOptions)).layers).toEqual(before.layers);
  });

  test('a bad recipe is refused and the last conversion stays', async () => {
    const { engine } = await prepared(2);
    const before = await engine.convert(defaultRecipe, convertOptions);
    const bad = { ...defaultRecipe, weights: { ...defaultRecipe.weights, bits: 99 } };
    expect(codeOf(await failure(engine.convert(bad, convertOptions)))).toBe('bad-recipe');
    expect((await engine.layer('fc')).report).toEqual(before.layers.find((l) => l.id === 'fc'));
  });

  test('another model forgets what belonged to the old one', async () => {
    const { engine } = await prepared(2);
    await engine.convert(defaultRecipe, convertOptions);
    await engine.open([fileInput('fixtures/bad/good.onnx')], {});
    expect(codeOf(await failure(engine.calibrate({ samples: 1, provider: 'wasm' })))).toBe('not-ready');
    expect(codeOf(await failure(engine.exportBundle(stored)))).toBe('not-ready');
    expect((await engine.graph()).cards.map((c) => c.op)).toEqual(['Input', 'Conv', 'Output']);
  });

  test.each(['calibrate', 'execute', 'evaluate', 'write'])(
    'a cancel while it runs (%s) rejects as cancelled and keeps what was there',
    async (stage) => {
      const { engine, written } = await prepared(4);
      const before = await engine.convert(defaultRecipe, convertOptions);
      await engine.useData([testData], { role: 'evaluation', preprocessing });
      const job = cancelledAt(stage);
      const calls: Readonly<Record<string, () => Promise<unknown>>> = {
        calibrate: () => engine.calibrate({ samples: 200, provider: 'wasm' }, job),
        execute: () => engine.convert({ ...defaultRecipe, seed: 1 }, convertOptions, job),
        evaluate: () => engine.evaluate({ samples: 200 }, job),
        write: () => engine.exportBundle(stored, job),
      };
      expect(await failure(calls[stage]?.() ?? Promise.resolve())).toBeInstanceOf(CancelledError);
      expect((await engine.layer('fc')).report).toEqual(before.layers.find((l) => l.id === 'fc'));
      expect([written.closed, written.aborted]).toEqual([0, stage === 'write' ? 1 : 0]);
    },
  );
});

describe('the main job on ResNet-14', () => {
  let engine: EngineApi;
  let written: Written;
  let files: ReadonlyMap<string, Uint8Array>;
  const zip = (): Uint8Array => concatBytes(written.chunks);

  beforeAll(async () => {
    ({ engine, written } = await prepared(16));
  });

  test('opening tells what is in the file', async () => {
    const summary = await engine.open([resnet], {});
    expect(summary).toMatchObject({ name: 'resnet14_fashion', opset: 13, nodes: 37, islands: [], warnings: [] });
    expect(summary.opHistogram).toMatchObject({ Conv: 15, Add: 6, Gemm: 1 });
    expect(summary.inputs).toMatchObject([{ dtype: 'float32', resolved: [1, 1, 28, 28] }]);
    expect(summary.parameters).toBeGreaterThan(170_000);
    expect(summary.macs).toBeGreaterThan(5e6);
  });

  test('before calibration a layer shows its weights, afterwards its activations', async () => {
    const early = await engine.layer('fc');
    expect(early.weights?.shape).toHaveLength(2);
    expect(early.weights?.range).toBeUndefined();
    expect([early.input, early.output, early.requant, early.report]).toEqual([undefined, undefined, undefined, undefined]);
    await engine.useData([calibrationData], { role: 'calibration', preprocessing });
    const seen: string[] = [];
    const calibration = await engine.calibrate(
      { samples: 16, provider: 'wasm' },
      { onProgress: (p) => seen.push(`${p.stage} ${p.done}/${p.total}`) },
    );
    expect(calibration).toMatchObject({ samples: 16, source: 'npz', provider: 'wasm', threads: 1, warnings: [] });
    expect(seen.at(-1)).toBe('calibrate 16/16');
    const later = await engine.layer('fc');
    expect(later.input?.max).toBeGreaterThan(0);
    expect(later.output?.range).toBeUndefined();
  });

  test('converting gives integers close to the float model, and no island', async () => {
    const conversion = await engine.convert(defaultRecipe, convertOptions);
    expect(conversion.islands).toEqual([]);
    expect(conversion.logitsSqnrDb).toBeGreaterThan(20);
    for (const layer of conversion.layers.filter((l) => l.main)) {
      expect(layer.maxLsb, layer.id).toBeLessThanOrEqual(layer.outputBits <= 8 ? 1 : 2);
      expect(layer.accumulator?.seenBits, layer.id).toBeLessThanOrEqual(layer.accumulator?.boundBits ?? 0);
      expect(layer.sqnrDb, layer.id).toBeGreaterThan(15);
    }
  });

  test('every card of the graph has a detail, and tensors are the same in window and file', async () => {
    const { cards } = await engine.graph();
    for (const card of cards) {
      const detail = await engine.layer(card.id);
      for (const { role, shape, dtype } of detail.tensors) {
        const { fileName, bytes } = await engine.tensorFile(card.id, role, 'npy');
        const array = readNpy(bytes, fileName);
        expect([array.dtype, array.shape]).toEqual([dtype, shape]);
        const w = await engine.tensorWindow(card.id, role, [], { row: 0, rows: 4, column: 0, columns: 4 });
        if (w.values.length > 0) expect(Number(array.data[0])).toBe(w.values[0]);
      }
    }
    const conv = cards.find((c) => c.kind === 'conv');
    const detail = await engine.layer(conv?.id ?? '');
    expect(detail.tensors.map((t) => t.role)).toEqual(['x1', 'x2', 'y', 'yq', 'bias', 'mul', 'shift']);
    expect(detail.weightScale).toHaveLength(detail.requant?.mul.length ?? 0);
    expect(detail.weights?.range?.bits).toBe(8);
    expect(detail.accumulator?.boundBits).toBeLessThanOrEqual(32);
    expect(codeOf(await failure(engine.layer('nowhere')))).toBe('bad-usage');
    expect(codeOf(await failure(engine.tensorFile('fc', 'lut', 'npy')))).toBe('bad-usage');
  });

  test('the bundle verifies, and a tensor downloads as the same bytes as in it', async () => {
    const result = await engine.exportBundle({ formats: ['hex'], level: 0 });
    expect(result).toMatchObject({ fileName: 'resnet14_fashion-minmax_channel+minmax-w8a8.t2c.zip', bytes: zip().length });
    files = unzipBundle(zip(), 'b.zip');
    expect(files.size).toBe(result.files);
    const report = await verifyBundle(files, quietContext());
    expect(report).toMatchObject({ ok: true, faults: [], notRecomputed: [] });
    for (const role of ['x1', 'x2', 'y', 'yq']) {
      expect((await engine.tensorFile('fc', role, 'npy')).bytes).toEqual(files.get(`tensors/fc_${role}.npy`));
      expect((await engine.tensorFile('fc', role, 'mem')).bytes).toEqual(files.get(`hex/fc_${role}.mem`));
    }
    const manifest = JSON.parse(new TextDecoder().decode(files.get('manifest.json'))) as Record<string, Record<string, unknown>>;
    expect(manifest['calibration']).toMatchObject({
      samples: 16,
      source: 'npz',
      preprocessing: { scale: 255, mean: [0.286], std: [0.353], size: [28, 28] },
    });
    expect(manifest['model']?.['sha256']).toMatch(/^[0-9a-f]{64}$/);
    expect(manifest['islands']).toEqual([]);
  });

  test('verify.py accepts it, and both checkers name the tensor of which one bit was flipped', async () => {
    const folder = mkdtempSync(join(tmpdir(), 't2c-engine-'));
    const python = (): { status: number | null; output: string } => {
      const run = spawnSync('/usr/bin/python3', ['-B', 'verify.py'], { cwd: folder, encoding: 'utf8' });
      return { status: run.status, output: run.stdout + run.stderr };
    };
    try {
      for (const [path, bytes] of files) {
        mkdirSync(join(folder, dirname(path)), { recursive: true });
        writeFileSync(join(folder, path), bytes);
      }
      expect(python()).toMatchObject({ status: 0 });
      const names = [...files.keys()].filter((p) => p.startsWith('tensors/'));
      for (const path of [names[0], 'tensors/fc_y.npy', names.at(-1)] as string[]) {
        const bytes = (files.get(path) as Uint8Array).slice();
        bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 4;
        writeFileSync(join(folder, path), bytes);
        const found = python();
        writeFileSync(join(folder, path), files.get(path) as Uint8Array);
        expect(found.status, path).toBe(1);
        expect(found.output).toContain(path);
        const report = await verifyBundle(new Map(files).set(path, bytes), quietContext());
        expect(report.ok).toBe(false);
        expect(report.faults[0]?.message).toContain(path);
        expect(report.faults[0]?.tensor).toBeDefined();
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    ['W4A8, GPTQ', { weights: { algorithm: 'gptq', bits: 4 }, corrections: { equalize: true, batchNorm: true, bias: true } }],
    [
      'W4A4, least error',
      {
        weights: { algorithm: 'mse_channel', bits: 4 },
        activations: { algorithm: 'mse', bits: 4 },
        edges8: true,
        corrections: { bias: true },
      },
    ],
  ])(
    '%s with corrections: prepared, verified by both checkers, the same bytes again, and evaluated',
    async (_, given) => {
      const made = await prepared(4);
      const recipe = parseRecipe(given);
      const summary = await made.engine.convert(recipe, convertOptions);
      expect(summary.prepared.samples).toBe(4);
      const steps = new Set(summary.prepared.notes.filter((n) => n.done).map((n) => n.step));
      expect(steps.has('bias')).toBe(true);
      expect(summary.logitsSqnrDb).toBeGreaterThan(8);
      // per-layer reports compare with the equalized float model: no layer falls out
      expect(Math.min(...summary.layers.map((l) => l.sqnrDb ?? 99))).toBeGreaterThan(5);
      await made.engine.exportBundle({ ...stored, level: 0 });
      const bytes = concatBytes(made.written.chunks);
      const bundle = unzipBundle(bytes, 'w4.zip');
      expect((await verifyBundle(bundle, quietContext())).faults).toEqual([]);
      const folder = mkdtempSync(join(tmpdir(), 't2c-prepared-'));
      try {
        for (const [path, data] of bundle) {
          mkdirSync(join(folder, dirname(path)), { recursive: true });
          writeFileSync(join(folder, path), data);
        }
        expect(spawnSync('/usr/bin/python3', ['-B', 'verify.py'], { cwd: folder, encoding: 'utf8' }).status).toBe(0);
      } finally {
        rmSync(folder, { recursive: true });
      }
      await made.engine.useData([testData], { role: 'evaluation', preprocessing });
      const report = await made.engine.evaluate({ samples: 8 });
      expect(report.fakeIntAgreement).toBeGreaterThan(0.9);
      const again = await prepared(4);
      await again.engine.convert(recipe, convertOptions);
      await again.engine.exportBundle({ ...stored, level: 0 });
      expect(sha256Hex(concatBytes(again.written.chunks))).toBe(sha256Hex(bytes));
    },
    180_000,
  );

  test('the same model, data and recipe give the same bytes', async () => {
    const first = zip();
    await engine.exportBundle({ formats: ['hex'], level: 0 });
    expect(sha256Hex(zip())).toBe(sha256Hex(first));
    const other = await prepared(16);
    await other.engine.convert(defaultRecipe, convertOptions);
    await other.engine.exportBundle({ formats: ['hex'], level: 0 });
    expect(sha256Hex(concatBytes(other.written.chunks))).toBe(sha256Hex(first));
  });

  test('a saved calibration comes back for its own model only', async () => {
    const bytes = await engine.saveCalibration();
    const other = memoryEngine().engine;
    await other.open([fileInput('public/samples/vggbn_fashion.onnx')], {});
    expect(codeOf(await failure(other.restoreCalibration(bytes)))).toBe('bad-data');
    await other.open([resnet], {});
    expect(await other.restoreCalibration(bytes)).toMatchObject({ samples: 16, source: 'npz' });
    await other.useData([calibrationData], { role: 'calibration', preprocessing });
    const again = await other.convert(defaultRecipe, convertOptions);
    expect(again.layers).toEqual((await engine.convert(defaultRecipe, convertOptions)).layers);
    expect(codeOf(await failure(other.restoreCalibration(Uint8Array.of(1, 2, 3))))).toBe('bad-data');
  });

  test('evaluation compares the three paths', async () => {
    await engine.useData([testData], { role: 'evaluation', preprocessing });
    const report = await engine.evaluate({ samples: 60 });
    expect(report).toMatchObject({ samples: 60, labelled: true });
    expect(report.fp32Top1).toBeGreaterThan(0.75);
    expect(Math.abs((report.intTop1 ?? 0) - (report.fakeTop1 ?? 1))).toBeLessThanOrEqual(1 / 30);
    expect(report.fakeIntAgreement).toBeGreaterThanOrEqual(58 / 60);
    expect(report.logitsSqnrDb).toBeGreaterThan(20);
    expect(report.kl).toBeLessThan(0.05);
  });
});

describe('synthetic data', () => {
  test('work, and every step says loudly that they mean nothing', async () => {
    const { engine, written } = memoryEngine();
    await engine.open([resnet], {});
    expect(await engine.useSyntheticData({ samples: 2, seed: 0 })).toMatchObject({ kind: 'synthetic', samples: 2 });
    const calibration = await engine.calibrate({ samples: 2, provider: 'wasm' });
    const conversion = await engine.convert(defaultRecipe, convertOptions);
    for (const { warnings } of [calibration, conversion])
      expect(warnings.find((w) => w.code === 'synthetic-data')?.message).toContain('SYNTHETIC');
    await engine.exportBundle(stored);
    const manifest = unzipBundle(concatBytes(written.chunks), 'b').get('manifest.json');
    expect(new TextDecoder().decode(manifest)).toContain('"source": "synthetic"');
  });
});

test('an error in one sample names the sample', async () => {
  const { engine } = memoryEngine();
  await engine.open([resnet], {});
  const pixel = { name: 'b.png', path: 'set/b.png', data: Uint8Array.of(1, 2, 3) };
  await engine.useData([pixel, { ...pixel, name: 'c.png', path: 'set/c.png' }], { role: 'calibration' });
  const error = await failure(engine.calibrate({ samples: 2, provider: 'wasm' }));
  expect((error as StudioError).fields.where).toMatchObject({ sample: 'set/b.png' });
});
