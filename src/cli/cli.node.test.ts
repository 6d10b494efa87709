// The command line as a process of its own: exit codes, one line for an error, no half-written file.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { calibrationData, memoryEngine, preprocessing, repository, resnet } from '../adapters/node/engine.fixture';
import { islandModel } from '../adapters/node/island-model.fixture';
import { concatBytes, defaultRecipe, readNpy, unzipBundle, utf8Decode, writeNpy } from '../core/index';
import type { SensitivityReport } from '../core/analysis/sensitivity/types';
import type { Recipe } from '../core/recipe/recipe';
import { runCli } from './run';

const folder = mkdtempSync(join(tmpdir(), 't2c-cli-'));
const home = process.cwd();
beforeAll(() => process.chdir(folder));
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

const model = join(repository, 'public/samples/resnet14_fashion.onnx');
const calib = join(repository, 'public/samples/fashion_calib.npz');
const testSet = join(repository, 'public/samples/fashion_test.npz');
const images = ['--mean', '0.286', '--std', '0.353'];

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** As a process of its own. */
async function spawned(...args: readonly string[]): Promise<Run> {
  // npm tells the folder that it was called in, here and there
  const env = { ...process.env, INIT_CWD: folder };
  const child = spawn(process.execPath, [join(repository, 'scripts/cli.mjs'), ...args], { cwd: folder, env });
  const read = async (stream: NodeJS.ReadableStream): Promise<string> => {
    const parts: Buffer[] = [];
    for await (const part of stream) parts.push(part as Buffer);
    return Buffer.concat(parts).toString();
  };
  const ended = new Promise<number | null>((resolve) => void child.on('close', resolve));
  const [out, err] = await Promise.all([read(child.stdout), read(child.stderr)]);
  return { code: await ended, out, err };
}

/** The same in this process: what a process costs is paid by few tests only. */
async function cli(...args: readonly string[]): Promise<Run> {
  let out = '';
  let err = '';
  const code = await runCli(args, {
    stdout: { write: (text) => void (out += text) },
    stderr: { write: (text) => void (err += text) },
    signal: new AbortController().signal,
  });
  return { code, out, err };
}

async function expectRefusals(calls: readonly (readonly [args: readonly string[], ...mentions: (string | RegExp)[]])[]): Promise<void> {
  for (const [args, ...mentions] of calls) expectRefusal(await cli(...args), ...mentions);
}

/** Refused with one line on stderr that says all of it, and nothing on stdout. */
function expectRefusal(run: Run, ...mentions: readonly (string | RegExp)[]): void {
  for (const mention of mentions) expect(run.err).toMatch(mention);
  expect(run.err.trimEnd().split('\n')).toHaveLength(1);
  expect(run.err).not.toMatch(/inside the studio|\bat .*:\d+/);
  expect([run.code, run.out]).toEqual([2, '']);
}

const files = (): string[] => readdirSync(folder).sort();

describe('usage', () => {
  test('what is not known is an error and says what is', async () => {
    await expectRefusals([
      [[], 'There is no command', 'inspect, quantize, evaluate, recipes, verify'],
      [['frobnicate'], 'frobnicate'],
      [['inspect'], 'missing required args', '--help'],
      [['inspect', model, '--verbose'], '--verbose'],
      [['inspect', model, 'more'], 'more'],
      [['quantize', model, '--calibration', calib], '--out is missing'],
      [['quantize', model, '--out', 'a.zip'], '--calibration is missing'],
      [['quantize', model, '--calibration', calib, '--out', 'a.zip', '--wbits', '9'], '--wbits', 'from 2 to 8'],
      [['quantize', model, '--calibration', calib, '--out', 'a.zip', '--weights', 'magic'], 'minmax_channel', 'magic'],
      [['quantize', model, '--calibration', calib, '--out', 'nowhere/a.zip'], 'nowhere'],
      [['inspect', model, '--shape', 'input'], '--shape', 'name=1x3x224x224'],
    ]);
    expect(files()).toEqual([]);
  });

  test('a process that refuses ends with 2', async () => {
    expectRefusal(await spawned('inspect', model, '--verbose'), '--verbose');
    expectRefusal(await spawned('inspect', join(repository, 'fixtures/bad/truncated.onnx')), 'truncated.onnx');
  });

  test('help is no error', async () => {
    const help = await spawned('--help');
    expect(help).toMatchObject({ code: 0, err: '' });
    for (const command of [
      'inspect',
      'quantize',
      'evaluate',
      'recipes',
      'verify',
      'compare',
      'trace',
      'report',
      'profiles',
      'sensitivity',
      'calibrate',
      'merge',
    ])
      expect(help.out).toContain(command);
    expect((await spawned('quantize', '--help')).out).toContain('--multiplier-bits <bits>');
  });
});

describe('bad input', () => {
  interface Entry {
    readonly file: string;
    readonly error?: string;
    readonly mentions?: string;
  }
  const manifest = JSON.parse(readFileSync(join(repository, 'fixtures/models.json'), 'utf8')) as { readonly models: readonly Entry[] };
  const bad = manifest.models.filter((m) => m.error !== undefined);

  test.each(bad.map((m) => [m.file, m.mentions ?? ''] as const))('%s is refused in one line', async (file, mentions) => {
    await expectRefusals([
      [['inspect', join(repository, file)], mentions],
      [['quantize', join(repository, file), '--calibration', 'synthetic', '--out', 'bad.zip'], mentions],
    ]);
    expect(files()).toEqual([]);
  });

  test('a shape that the file leaves open can be given', async () => {
    const run = await cli('inspect', join(repository, 'fixtures/bad/dynamic-spatial.onnx'), '--shape', 'x=1x1x6x6', '--json');
    expect(run).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(run.out)).toMatchObject({ inputs: [{ name: 'x', resolved: [1, 1, 6, 6] }] });
  });

  test('files that are missing or of the wrong kind', async () => {
    await expectRefusals([
      [['inspect', 'nothing.onnx'], 'no such file', 'nothing.onnx'],
      [['inspect', calib], 'fashion_calib.npz'],
      [['quantize', model, '--calibration', model, '--out', 'a.zip'], 'resnet14_fashion.onnx'],
      [['quantize', model, '--calibration', 'missing.npz', '--out', 'a.zip'], 'missing.npz'],
      [['quantize', model, '--calibration', calib, '--mean', '1,2', '--out', 'a.zip'], 'mean', '1, got 2'],
    ]);
    writeFileSync(join(folder, 'recipe.json'), '{"weights": {"bits": 12}}');
    await expectRefusals([
      [['quantize', model, '--calibration', calib, '--recipe', 'recipe.json', '--out', 'a.zip'], 'weights.bits'],
      [['verify', model], 'resnet14_fashion.onnx'],
      [['verify', calib], 'manifest.json'],
    ]);
    rmSync(join(folder, 'recipe.json'));
    expect(files()).toEqual([]);
  });
});

describe('the main job', () => {
  const bundle = join(folder, 'b.zip');
  let quantized: Run;

  beforeAll(async () => {
    quantized = await spawned(
      'quantize',
      model,
      '--calibration',
      calib,
      '--samples',
      '8',
      ...images,
      '--export',
      'hex',
      '--out',
      'b.zip',
      '--json',
    );
  }, 120_000);

  test('quantize writes one file and says one JSON object', async () => {
    expect(quantized).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(quantized.out)).toMatchObject({ out: 'b.zip', islands: [], calibration: { samples: 8, source: 'npz' } });
    expect(files()).toEqual(['b.zip']);
  });

  test('the bytes are those that the engine gives in the page', async () => {
    const { engine, written } = memoryEngine();
    await engine.open([resnet], {});
    await engine.useData([calibrationData], { role: 'calibration', preprocessing });
    await engine.calibrate({ samples: 8, provider: 'wasm' });
    await engine.convert(defaultRecipe, { sampleIndex: 0, strict: false });
    await engine.exportBundle({ formats: ['hex'], level: 0 });
    expect(Buffer.compare(concatBytes(written.chunks), readFileSync(bundle))).toBe(0);
  });

  test('verify accepts the bundle, zipped and unpacked, and names the tensor of which a bit was flipped', async () => {
    expect(await spawned('verify', 'b.zip')).toMatchObject({ code: 0, err: '' });
    const unpacked = unzipBundle(new Uint8Array(readFileSync(bundle)), 'b.zip');
    const flip = (path: string): Uint8Array => {
      const bytes = (unpacked.get(path) as Uint8Array).slice();
      bytes[bytes.length - 3] = (bytes[bytes.length - 3] as number) ^ 1;
      return bytes;
    };
    const path = 'tensors/layer2.0.conv1_yq.npy';
    writeFileSync(join(folder, 'flipped.zip'), zipSync({ ...Object.fromEntries(unpacked), [path]: flip(path) }, { level: 0 }));
    const run = await spawned('verify', 'flipped.zip', '--json');
    expect(run).toMatchObject({ code: 1, err: '' });
    expect(JSON.parse(run.out)).toMatchObject({ ok: false, first: expect.stringContaining(path) as string });
    expect((await cli('verify', 'flipped.zip')).out).toMatch(/^MISMATCH .*layer2\.0\.conv1_yq/);
    for (const [name, bytes] of unpacked) {
      mkdirSync(join(folder, 'unpacked', name, '..'), { recursive: true });
      writeFileSync(join(folder, 'unpacked', name), bytes);
    }
    expect((await cli('verify', 'unpacked')).code).toBe(0);
    expect((await cli('compare', 'b.zip', 'unpacked/hex/fc_yq.mem', 'unpacked/tensors/fc_y.npy')).code).toBe(0);
    writeFileSync(join(folder, 'fc_yq.npy'), flip('tensors/fc_yq.npy'));
    const different = await cli('compare', 'b.zip', 'fc_yq.npy');
    expect(different).toMatchObject({ code: 1, err: '' });
    expect(different.out).toMatch(/^MISMATCH .*at index \[0, \d\]/);
    writeFileSync(join(folder, 'dump.txt'), 'xx\n'.repeat(10));
    expect((await cli('compare', 'b.zip', 'dump.txt', '--tensor', 'fc')).out).toMatch(
      /expected -?\d+, got x; 10 of 10 elements differ, 10 of them unknown/,
    );
    await expectRefusals([
      [['compare', 'b.zip', 'dump.txt'], 'No tensor of the bundle', 'dump'],
      [['compare', 'b.zip', 'dump.txt', '--tensor', 'conv1_yq'], 'another number of elements', 'expected 12544', 'got 10'],
      [['compare', 'b.zip', 'dump.txt', 'dump.txt', '--tensor', 'fc'], 'one dump'],
    ]);
    rmSync(join(folder, 'dump.txt'));
    rmSync(join(folder, 'unpacked'), { recursive: true });
  });

  test('a trace ends with the element that the bundle holds', async () => {
    const run = await cli('trace', 'b.zip', 'fc', '0,3', '--json');
    const trace = JSON.parse(run.out) as {
      readonly terms: { readonly rows: object[] };
      readonly lines: { readonly symbol: string; readonly value: string }[];
    };
    const golden = readNpy(unzipBundle(new Uint8Array(readFileSync(bundle)), 'b.zip').get('tensors/fc_yq.npy') as Uint8Array, 'fc_yq.npy');
    expect(trace.lines.at(-1)).toMatchObject({ symbol: 'y', value: String(golden.data[3]) });
    expect(trace.terms.rows).toHaveLength(64);
    const text = await cli('trace', 'b.zip', 'fc', '[0, 3]', '--order', 'size', '--terms', '3');
    expect(text.out).toContain('and 61 more');
    await expectRefusals([
      [['trace', 'b.zip', 'fc', '0,10'], 'no such element', 'below 1, 10'],
      [['trace', 'b.zip', 'nothing', '0'], 'no such op', 'nothing'],
      [['trace', 'b.zip', 'fc', '0,-1'], 'not understood'],
    ]);
  });

  test('a report says what the network costs on a chip, as text, JSON and CSV', async () => {
    const json = JSON.parse((await cli('report', 'b.zip', '--sram', '16K', '--json')).out) as {
      readonly sramBytes: number;
      readonly layers: { readonly id: string; readonly accumulator?: { readonly overflows: readonly number[] } }[];
      readonly dram: { readonly total: number; readonly least: number };
    };
    expect(json.sramBytes).toBe(16384);
    expect(json.dram.total).toBeGreaterThan(json.dram.least);
    expect(json.layers.find((l) => l.id === 'fc')?.accumulator?.overflows).toHaveLength(3);
    const csv = (await cli('report', 'b.zip', '--csv', '--widths', '12')).out.trimEnd().split('\n');
    expect(csv).toHaveLength(json.layers.length + 1);
    expect(csv[0]).toContain('overflows_12_bit');
    expect((await cli('report', 'b.zip', '--packing', 'stored')).out).toMatch(/peak of the activations \S+ KiB at /);
    await expectRefusals([
      [['report', 'b.zip', '--sram', 'much'], '--sram', 'much'],
      [['report', 'b.zip', '--widths', '1'], '--widths', 'from 2 to 64'],
      [['report', 'b.zip', '--packing', 'loose'], '--packing', 'packed or stored'],
    ]);
  });

  test('a sweep tells every layer, as a table, as JSON and as CSV, and writes the recipe of a point', async () => {
    const call = ['sensitivity', model, '--calibration', calib, '--samples', '4', '--run', '1', '--try-weights', '2', ...images];
    const run = await cli(...call, '--point', '3', '--recipe-out', 'mixed.json', '--json');
    expect(run).toMatchObject({ code: 0, err: '' });
    const report = JSON.parse(run.out) as SensitivityReport;
    expect(report.layers.length).toBe(16);
    const frontier = report.frontiers.find((f) => f.cost === 'bytes' && f.loss === 'kl');
    const recipe = JSON.parse(readFileSync(join(folder, 'mixed.json'), 'utf8')) as Recipe;
    expect(recipe.layers.map((l) => l.match).sort()).toEqual(
      frontier?.moves
        .slice(0, 3)
        .map((m) => m.layer)
        .sort(),
    );
    const text = await cli(...call);
    expect(text.out).toMatch(/layer +op +MACs +weights +W2/);
    expect(text.out).toContain('measured on one sample');
    const csv = (await cli(...call, '--csv')).out.trimEnd().split('\n');
    expect(csv.length).toBe(2 + 16);
    expect(csv[0]).toMatch(/^layer,op,macs,weights,kind,bits,kl,logits_sqnr_db/);
    await expectRefusals([
      [[...call, '--try-weights', '9'], 'given more than once'],
      [['sensitivity', model, '--calibration', calib, '--try-weights', '8'], '--try-weights'],
      [[...call, '--point', '1'], '--recipe-out'],
    ]);
  });

  test('profiles stand side by side: the recipe first, accurate ones within one step, a narrow register counted', async () => {
    const call = ['profiles', model, '--calibration', calib, '--samples', '4', '--run', '1', ...images];
    const run = await cli(...call, '--profiles', 'tflite,accumulator16,pow2', '--json');
    expect(run.err).toBe('');
    const report = JSON.parse(run.out) as {
      readonly samples: readonly number[];
      readonly profiles: readonly {
        readonly id: string;
        readonly cost: {
          readonly maxLsb: number;
          readonly overflows: number;
          readonly logitsSqnrDb: number;
          readonly layers: readonly object[];
        };
      }[];
    };
    expect(report.samples).toEqual([0]);
    expect(report.profiles.map((p) => p.id)).toEqual(['recipe', 'pow2', 'tflite', 'accumulator16']);
    const [own, pow2, tflite, narrow] = report.profiles.map((p) => p.cost);
    expect([own?.maxLsb, tflite?.maxLsb, own?.overflows]).toEqual([1, 1, 0]);
    expect(narrow?.overflows).toBeGreaterThan(0);
    expect(pow2?.logitsSqnrDb).toBeLessThan((own?.logitsSqnrDb ?? 0) - 10);
    expect(own?.layers.length).toBeGreaterThan(20);
    const text = await cli(...call, '--profiles', 'tflite', '--layers', 'tflite', '--rounding', 'floor');
    expect(text.out).toMatch(/^recipe .*\ntflite .*TFLite/m);
    expect(text.out).toMatch(/^fc +gemm/m);
    await expectRefusals([[[...call, '--profiles', 'best'], 'no such profile', 'normalized8']]);
  });

  test('a damaged zip names the tensor that cannot be read', async () => {
    const bytes = new Uint8Array(readFileSync(bundle));
    const at = Buffer.from(bytes).indexOf('tensors/conv1_x2.npy');
    bytes[at + 400] = (bytes[at + 400] as number) ^ 0x10;
    writeFileSync(join(folder, 'damaged.zip'), bytes);
    const run = await cli('verify', 'damaged.zip');
    expect(run.code).toBe(1);
    expect(run.out).toContain('conv1_x2');
  });

  test('evaluate uses the preprocessing that the bundle recorded, flags override it', async () => {
    const recorded = await spawned('evaluate', model, '--bundle', 'b.zip', '--data', testSet, '--samples', '10', '--json');
    expect(recorded).toMatchObject({ code: 0, err: '' });
    const report = JSON.parse(recorded.out) as { readonly fp32Top1: number; readonly intTop1: number };
    expect(report).toMatchObject({ samples: 10, preprocessing: { mean: [0.286], std: [0.353] } });
    expect(report.intTop1).toBeGreaterThanOrEqual(report.fp32Top1 - 0.2);
    const other = await cli('evaluate', model, '--bundle', 'b.zip', '--data', testSet, '--samples', '2', '--mean', '0', '--json');
    expect(JSON.parse(other.out)).toMatchObject({ preprocessing: { mean: [0], std: [0.353] } });
    expect((await cli('evaluate', model, '--bundle', 'b.zip', '--data', testSet, '--samples', '2')).out).toContain(
      'as recorded in the bundle',
    );
  });

  test('evaluate refuses a bundle of another model', async () => {
    const vgg = join(repository, 'public/samples/vggbn_fashion.onnx');
    expectRefusal(await cli('evaluate', vgg, '--bundle', 'b.zip', '--data', testSet), 'another model', 'SHA-256');
  });

  test('a failure leaves the file that was there', async () => {
    const before = readFileSync(bundle);
    expectRefusal(await cli('quantize', model, '--calibration', calib, '--samples', '2', '--export', 'pdf', '--out', 'b.zip'), 'pdf');
    expect(Buffer.compare(readFileSync(bundle), before)).toBe(0);
    expect(files().filter((f) => f.includes('.part'))).toEqual([]);
  });

  test('strict fails the check on a model with a float island; without it the island is listed and can be evaluated', async () => {
    writeFileSync(join(folder, 'island.onnx'), islandModel());
    const quantizeIsland = ['quantize', 'island.onnx', '--calibration', 'synthetic', '--samples', '2', '--out', 'i.zip', '--json'];
    const strict = await spawned(...quantizeIsland, '--strict');
    expect(strict).toMatchObject({ code: 1, out: '' });
    expect(strict.err).toMatch(/norm \(LRN\)/);
    expect(existsSync(join(folder, 'i.zip'))).toBe(false);
    expect(JSON.parse((await cli(...quantizeIsland)).out)).toMatchObject({ islands: [{ node: 'norm', op: 'LRN' }] });
    expect((await cli('verify', 'i.zip')).out).toMatch(/^OK: .*not recomputed: y/);
    const x = Float32Array.from({ length: 5 * 36 }, (_, i) => Math.sin(i));
    writeFileSync(join(folder, 'x.npy'), writeNpy({ dtype: 'float32', shape: [5, 1, 6, 6], data: x }));
    const report = JSON.parse((await cli('evaluate', 'island.onnx', '--bundle', 'i.zip', '--data', 'x.npy', '--json')).out) as {
      logitsSqnrDb: number;
    };
    expect(report).toMatchObject({ samples: 5, labelled: false });
    expect(report.logitsSqnrDb).toBeGreaterThan(25);
  });

  test('extents that the model leaves open are those of the data, then those of the bundle', async () => {
    const open = join(repository, 'fixtures/bad/dynamic-spatial.onnx');
    const data = Float32Array.from({ length: 4 * 36 }, (_, i) => Math.sin(i));
    writeFileSync('open.npz', zipSync({ 'x.npy': writeNpy({ dtype: 'float32', shape: [4, 1, 6, 6], data }) }));
    const made = await cli('quantize', open, '--calibration', 'open.npz', '--samples', '4', '--out', 'open.zip');
    expect([made.code, made.err]).toEqual([0, 'x is taken as 1x1x6x6, the shape that it has in open.npz.\n']);
    const evaluated = await cli('evaluate', open, '--bundle', 'open.zip', '--data', 'open.npz');
    expect([evaluated.code, evaluated.err]).toEqual([0, 'x is taken as 1x1x6x6, the shape that it has in open.zip.\n']);
    expect((await cli('quantize', open, '--calibration', 'synthetic', '--out', 'open.zip')).err).toContain('leaves extents open');
    rmSync('open.npz');
    rmSync('open.zip');
  });

  test('a layer kept in float is an island with that reason, in the bundle too, and none that strict allows', async () => {
    const keep = ['quantize', model, '--calibration', calib, '--samples', '2', ...images, '--layer', 'fc:keep=float', '--out', 'k.zip'];
    const strict = await cli(...keep, '--strict');
    expect([strict.code, strict.out]).toEqual([1, '']);
    expect(strict.err).toMatch(/keeps fc in float, and --strict allows no float operator/);
    const run = await cli(...keep);
    expect(run.out).toMatch(/one float island:\n {2}fc \(Gemm\): kept in float by the recipe\n/);
    const manifest = JSON.parse(
      utf8Decode(unzipBundle(new Uint8Array(readFileSync(join(folder, 'k.zip'))), 'k.zip').get('manifest.json') as Uint8Array),
    ) as object;
    expect(manifest).toMatchObject({
      islands: [{ op: 'Gemm', reason: 'kept in float by the recipe' }],
      recipe: { layers: [{ match: 'fc', keep: 'float' }] },
    });
    expect((await cli('verify', 'k.zip')).out).toMatch(/^OK: .*not recomputed/);
    const report = await cli('evaluate', model, '--bundle', 'k.zip', '--data', testSet, '--samples', '4', '--json');
    expect((JSON.parse(report.out) as { logitsSqnrDb: number }).logitsSqnrDb).toBeGreaterThan(25);
  });

  test('the options of non-linear operators are flags, as the core lists them', async () => {
    await expectRefusals([[['quantize', model, '--calibration', calib, '--softmax', 'magic', '--out', 'n.zip'], 'divide or reciprocal']]);
    const run = await cli(
      'quantize',
      model,
      '--calibration',
      calib,
      '--samples',
      '2',
      '--probability-bits',
      '16',
      '--layernorm',
      'reciprocal',
      '--out',
      'n.zip',
      '--json',
    );
    expect(JSON.parse(run.out)).toMatchObject({
      recipe: { nonlinear: { softmax: 'divide', probabilityBits: '16', layernorm: 'reciprocal' } },
    });
  });

  test('synthetic data warn on stderr', async () => {
    const run = await cli('quantize', model, '--calibration', 'synthetic', '--samples', '2', '--out', 's.zip');
    expect(run.code).toBe(0);
    expect(run.err).toMatch(/^warning \(synthetic-data\): .*SYNTHETIC/);
  });

  test('shards merge to the calibration of one run', async () => {
    const common = ['--calibration', calib, '--samples', '8', ...images] as const;
    for (const i of [1, 2, 3]) expect((await cli('calibrate', model, ...common, '--shard', `${i}/3`, '--out', `part${i}`)).code).toBe(0);
    expect((await cli('merge', 'part3', 'part1', 'part2', '--out', 'whole')).code).toBe(0);
    await expectRefusals([
      [['merge', 'part3', 'part1', '--out', 'whole'], 'shard'],
      [['quantize', model, '--calibration', 'whole', '--out', 'm.zip'], '--data'],
    ]);
    expect(
      (await cli('quantize', model, '--calibration', 'whole', '--data', calib, ...images, '--export', 'hex', '--out', 'm.zip')).code,
    ).toBe(0);
    expect(Buffer.compare(readFileSync(join(folder, 'm.zip')), readFileSync(bundle))).toBe(0);
  });
});

test('no unfinished file is left', () => {
  expect(files().filter((f) => f.startsWith('.'))).toEqual([]);
});
