// Every block of docs/PLUGINS.md is a plugin that does what the text says.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { repository } from '../adapters/node/engine.fixture';
import { pluginFile } from '../adapters/node/plugin-file';
import { quietContext } from '../core/base/context';
import { openPlugins, readManifest, readNpy, unzipBundle } from '../core/index';
import { runCli } from './run';

const folder = mkdtempSync(join(tmpdir(), 't2c-tutorial-'));
afterAll(() => rmSync(folder, { recursive: true }));
const samples = join(repository, 'public/samples');

const blocks = [...readFileSync(join(repository, 'docs/PLUGINS.md'), 'utf8').matchAll(/^```ts ?(\w*)\n([\s\S]*?)^```$/gm)].map(
  ([, kind = '', text = ''], i) => {
    const name = /name: '([^']+)'/.exec(text)?.[1] ?? '';
    const file = join(folder, `block${i}.ts`);
    writeFileSync(file, text);
    return { kind, name, file };
  },
);
const fileOf = (name: string): string => blocks.find((b) => b.name === name || b.kind === name)?.file ?? '';

async function cli(...args: readonly string[]): Promise<void> {
  let said = '';
  const code = await runCli(args, {
    stdout: { write: () => undefined },
    stderr: { write: (text) => void (said += text) },
    signal: new AbortController().signal,
  });
  expect([code, code === 0 ? '' : said]).toEqual([0, '']);
}

async function bundle(name: string, ...more: readonly string[]): Promise<Uint8Array> {
  const out = join(folder, `${name}.zip`);
  const data = ['--calibration', join(samples, 'fashion_calib.npz'), '--samples', '2', '--mean', '0.286', '--std', '0.353'];
  await cli('quantize', join(samples, 'resnet14_fashion.onnx'), ...data, '--out', out, ...more);
  return readFileSync(out);
}

test('the tutorial goes from MinMax to a learned non-uniform quantizer', () => {
  expect(blocks.map((b) => b.name)).toEqual([
    'MinMax',
    'Clipped',
    'Mean extremes',
    'Truncating',
    'One path',
    'Ternary',
    'Lloyd',
    'Further parts',
  ]);
});

describe.each(blocks)('$name', ({ kind, file }) => {
  test(kind === 'broken' ? 'breaks the law that the text names' : 'keeps every law', async () => {
    const { reports } = await openPlugins([await pluginFile(file)], { check: true }, quietContext());
    expect(reports[0]?.error).toBeUndefined();
    const broken = (reports[0]?.entries ?? []).flatMap((e) => e.laws.filter((l) => !l.ok));
    expect(broken.map((l) => l.law)).toEqual(kind === 'broken' ? ['dual-path'] : []);
    if (kind === 'broken') expect(broken[0]?.counterexample?.text).toBe('fakeQuantize and dequantize differ at element 0: -1 and 0');
  });
});

test('MinMax changes no byte', async () => {
  expect(Buffer.compare(await bundle('plugin', '--plugin', fileOf('minmax')), await bundle('own'))).toBe(0);
});

test.each([
  ['Truncating', '--weights', 'truncating', '--wbits', '6'],
  ['Ternary', '--weights', 'ternary', '--wbits', '2'],
  ['Lloyd', '--weights', 'lloyd', '--wbits', '4'],
  ['Clipped', '--activations', 'clipped', '--activations-share', '95'],
  ['Mean extremes', '--activations', 'mean_extremes'],
])('%s goes the whole way', async (name, ...flags) => {
  await bundle(name, '--plugin', fileOf(name), ...flags);
  await cli('verify', join(folder, `${name}.zip`));
});

test('a rounding optimiser, a profile and an exporter in one conversion', async () => {
  const parts = fileOf('Further parts');
  const flags = ['--weights', 'descent', '--wbits', '4', '--weights-iterations', '5', '--profile', 'narrow', '--export', 'text'];
  const files = unzipBundle(await bundle('parts', '--plugin', parts, ...flags), '');
  await cli('verify', join(folder, 'parts.zip'));
  const { arithmetic, tensors } = readManifest(files);
  expect(arithmetic.multiplierBits).toBe(12);
  const weight = Object.values(tensors).find((t) => t.role === 'weight');
  const text = new TextDecoder().decode(files.get((weight?.file ?? '').replace('tensors/', 'text/').replace('.npy', '.txt')));
  expect(text.trim().split('\n')).toHaveLength((weight?.shape ?? []).reduce((a, b) => a * b, 1));
});

test('a pruning criterion: learned weights keep its zeros, n:m is written as values and indices, and the bundle names the plugin', async () => {
  const prune = ['--plugin', fileOf('Further parts'), '--pruning', 'magnitude', '--pruning-pattern', '2:4'];
  const learn = ['--weights', 'gptq', '--wbits', '4', '--export', 'hex', '--export-option', 'hex.sparsity=2:4'];
  const files = unzipBundle(await bundle('pruned', ...prune, ...learn), '');
  await cli('verify', join(folder, 'pruned.zip'));
  const { plugins, recipe, tensors } = readManifest(files);
  expect(plugins).toMatchObject([{ name: 'Further parts', pruning: ['magnitude'] }]);
  expect(recipe).toMatchObject({ pruning: { criterion: 'magnitude', options: { pattern: '2:4' } }, plugins: [{ name: 'Further parts' }] });
  const weights = Object.values(tensors).filter((t) => t.role === 'weight');
  const dense = weights.filter(({ file, shape }) => {
    const rows = shape[0] ?? 1;
    const { data } = readNpy(files.get(file) as Uint8Array, file);
    const columns = data.length / rows;
    return Array.from({ length: data.length }, (_, i) => i).some((i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      if (column % 4 !== 0) return false;
      const group = Array.from(data.slice(i, row * columns + Math.min(columns, column + 4)), Number);
      return group.filter((q) => q !== 0).length > 2;
    });
  });
  // the first and the last layer stay whole
  expect([weights.length, dense.length]).toEqual([16, 2]);
  expect([...files.keys()].filter((path) => path.includes('.index'))).toHaveLength(14);
});
