// The command that compares recipes: what it refuses, what it writes, and that an interrupt keeps the rows until then.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { repository } from '../adapters/node/engine.fixture';
import { recipeHash } from '../core/index';
import type { RecipeRow } from '../core/recipe/recipe-table';
import { runCli } from './run';

const folder = mkdtempSync(join(tmpdir(), 't2c-recipes-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sample = (name: string) => join(repository, 'public/samples', name);
const usual = [
  ...['recipes', sample('resnet14_fashion.onnx'), '--calibration', sample('fashion_calib.npz'), '--data', sample('fashion_test.npz')],
  ...['--mean', '0.286', '--std', '0.353', '--samples', '4', '--test', '3'],
];

async function cli(args: readonly string[], signal = new AbortController().signal, seen: (text: string) => void = () => undefined) {
  let out = '';
  let err = '';
  const stderr = {
    isTTY: true,
    write: (text: string) => {
      err += text;
      seen(text);
    },
  };
  const code = await runCli(args, { stdout: { write: (text) => void (out += text) }, stderr, signal });
  return { code, out, err };
}
const rowsIn = (out: string) => (JSON.parse(out) as { readonly rows: readonly RecipeRow[] }).rows;

describe('recipes', () => {
  test("a plugin's quantizers are compared like others, with their options; `formats` lists its exporters", async () => {
    const plugin = ['--plugin', join(repository, 'plugins/percentile.ts')];
    const run = await cli([...usual, ...plugin, '--presets', 'minmax_channel+my_percentile', '--activations-share', '99', '--json']);
    expect([run.code, rowsIn(run.out).map((r) => [r.name, r.recipe.activations.options, r.outcome.kind])]).toEqual([
      0,
      [['MinMaxChannel + My percentile', { share: 99 }, 'done']],
    ]);
    const none = await cli([...usual, '--presets', 'minmax_channel+my_percentile']);
    expect(none).toMatchObject({ code: 2, err: expect.stringContaining('There is no recipe with this name') as string });
    const formats = await cli(['formats', ...plugin]);
    expect(formats).toMatchObject({ code: 0, out: expect.stringContaining('safetensors') as string });
  });

  test('refuses what it does not know in one line', async () => {
    const calls = [
      [[...usual, '--presets', 'magic+minmax'], 'magic', 'adaround+lsq'],
      [[...usual, '--bits', '8-8'], '--bits', '8/8,4/8'],
      [[...usual, '--bits', '9/8'], '--bits', 'from 2 to 8'],
      [[...usual, '--out', join(folder, 'nowhere/a.csv')], 'nowhere'],
      [[...usual, '--wbits', '4'], '--wbits'],
      [usual.slice(0, 2), '--calibration is missing'],
      [usual.slice(0, 4), '--data is missing'],
    ] as const;
    for (const [args, ...mentions] of calls) {
      const run = await cli(args);
      for (const mention of mentions) expect(run.err).toContain(mention);
      expect([run.code, run.out]).toEqual([2, '']);
    }
  });

  test('gives every preset at every width, as text, JSON and CSV; other flags are for all of them', async () => {
    const out = join(folder, 'table.csv');
    const presets = ['--presets', 'minmax_channel+minmax,mse_channel+mse', '--bits', '8/8,4/8/16'];
    const run = await cli([...usual, ...presets, '--edges8', '--seed', '3', '--out', out, '--json']);
    expect(run.code).toBe(0);
    const rows = rowsIn(run.out);
    expect(rows.map((r) => [r.name, r.recipe.weights.bits, r.recipe.residualBits])).toEqual([
      ['MinMaxChannel + MinMax', 8, 8],
      ['MSEChannel + MSE', 8, 8],
      ['MinMaxChannel + MinMax', 4, 16],
      ['MSEChannel + MSE', 4, 16],
    ]);
    for (const row of rows) {
      expect(row.id).toBe(recipeHash(row.recipe));
      expect(row.recipe).toMatchObject({ edges8: true, seed: 3 });
      expect(row.outcome).toMatchObject({ kind: 'done', result: { samples: 3, islands: 0 } });
    }
    const csv = readFileSync(out, 'utf8');
    expect(csv.trimEnd().split('\r\n').length).toBe(5);
    expect(csv).toMatch(/^recipe,weights,activations,wbits/);

    const text = await cli([...usual, '--presets', 'minmax_channel+minmax', '--bits', '8/8']);
    expect(text.out).toMatch(/recipe +FP32 +fake +integer/);
    expect(text.out).toMatch(/MinMaxChannel \+ MinMax, W8A8 .* %/);
  });

  test('options go to the algorithms of single layers too', async () => {
    const rule = ['--layer', 'fc:weights=adaround', '--weights-iterations', '10', '--learn-memory', '1'];
    const run = await cli([...usual, '--presets', 'minmax_channel+minmax', '--bits', '4/8', ...rule, '--json']);
    expect(run.code).toBe(0);
    expect(rowsIn(run.out).map((r) => [r.recipe.weights, r.recipe.layers, r.outcome.kind])).toEqual([
      [{ algorithm: 'minmax_channel', bits: 4, options: { iterations: 10 } }, [{ match: 'fc', weights: 'adaround' }], 'done'],
    ]);
  });

  test('a recipe that fails is a row; if all fail, so does the check', async () => {
    const args = [...usual, '--bits', '8/8', '--weights-damping', '999', '--json'];
    const run = await cli([...args, '--presets', 'gptq+minmax,minmax_channel+minmax']);
    expect(rowsIn(run.out).map((r) => [r.recipe.weights.algorithm, r.outcome.kind])).toEqual([
      ['gptq', 'failed'],
      ['minmax_channel', 'done'],
    ]);
    expect(run.code).toBe(0);
    const alone = await cli([...args, '--presets', 'gptq+minmax']);
    expect(rowsIn(alone.out)[0]?.outcome).toMatchObject({ reason: expect.stringContaining('damping') as unknown });
    expect(alone.code).toBe(1);
  });

  test('an interrupt keeps the rows until then', async () => {
    const controller = new AbortController();
    const out = join(folder, 'part.csv');
    const run = await cli(
      [...usual, '--presets', 'minmax_channel+minmax,mse_channel+mse', '--bits', '8/8', '--out', out],
      controller.signal,
      (text) => {
        if (text.includes('MSEChannel')) controller.abort();
      },
    );
    expect(run.code).toBe(130);
    expect(run.out).toContain('MinMaxChannel + MinMax, W8A8');
    expect(run.err).toContain('1 of 2 recipes are done');
    expect(readFileSync(out, 'utf8').trimEnd().split('\r\n').length).toBe(2);
    const early = new AbortController();
    const none = await cli([...usual, '--out', join(folder, 'none.csv')], early.signal, () => early.abort());
    expect([none.code, none.out, existsSync(join(folder, 'none.csv'))]).toEqual([130, '', false]);
  });
});
