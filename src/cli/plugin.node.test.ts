// Plugins on the command line: their options are flags, the battery stands before them, and MinMax as a plugin changes no byte.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { repository } from '../adapters/node/engine.fixture';
import { readManifest, unzipBundle } from '../core/index';
import { runCli } from './run';

const folder = mkdtempSync(join(tmpdir(), 't2c-plugin-'));
afterAll(() => rmSync(folder, { recursive: true }));

const model = join(repository, 'public/samples/resnet14_fashion.onnx');
const calib = join(repository, 'public/samples/fashion_calib.npz');
const minmaxPlugin = join(repository, 'plugins/minmax.ts');
const at = (name: string): string => join(folder, name);

async function cli(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = '';
  let err = '';
  const code = await runCli(args, {
    stdout: { write: (text) => void (out += text) },
    stderr: { write: (text) => void (err += text) },
    signal: new AbortController().signal,
  });
  return { code, out, err };
}

const quantize = (out: string, ...more: readonly string[]) =>
  cli('quantize', model, '--calibration', calib, '--samples', '4', '--mean', '0.286', '--std', '0.353', '--out', at(out), ...more);

function plugin(name: string, text: string): string {
  writeFileSync(at(name), text);
  return at(name);
}

test('MinMax as a plugin gives byte-identical bundles', async () => {
  expect(await quantize('own.zip')).toMatchObject({ code: 0 });
  expect(await quantize('plugin.zip', '--plugin', minmaxPlugin)).toMatchObject({ code: 0 });
  expect(readFileSync(at('plugin.zip')).equals(readFileSync(at('own.zip')))).toBe(true);
});

test('a plugin is named where the bundle needs it, with the hash of its source, and its option is a flag', async () => {
  const file = plugin(
    'tight.mjs',
    `export default { apiVersion: 1, name: 'Tight', activations: [{
      id: 'tight', title: 'Tight', options: [{ id: 'share', title: 'Share', help: 'Of the range.', kind: { type: 'number', min: 10, max: 100, step: 1 }, fallback: 90 }],
      fit: ({ min, max }, scheme, { share }, kit) => kit.rangeQuantizer((min * share) / 100, (max * share) / 100, scheme),
    }] };`,
  );
  const run = await quantize('tight.zip', '--plugin', file, '--activations', 'tight', '--activations-share', '80');
  expect(run).toMatchObject({ code: 0 });
  const { plugins, recipe } = readManifest(unzipBundle(readFileSync(at('tight.zip')), 'tight.zip'));
  expect(plugins).toEqual([
    { name: 'Tight', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string, weights: [], activations: ['tight'] },
  ]);
  expect(recipe).toMatchObject({
    activations: { algorithm: 'tight', options: { share: 80 } },
    plugins: [{ name: 'Tight', sha256: plugins?.[0]?.sha256 }],
  });
  expect(await cli('verify', at('tight.zip'))).toMatchObject({ code: 0 });
  // the recipe of the bundle asks for the very plugin
  writeFileSync(at('recipe.json'), JSON.stringify(recipe));
  expect(await quantize('again.zip', '--plugin', file, '--recipe', at('recipe.json'))).toMatchObject({ code: 0 });
  expect(readFileSync(at('again.zip')).equals(readFileSync(at('tight.zip')))).toBe(true);
  expect((await quantize('none.zip', '--recipe', at('recipe.json'))).err).toMatch(/needs the plugin Tight, which is not here/);
  const other = plugin('other.mjs', `${readFileSync(file, 'utf8')}// another\n`);
  expect((await quantize('none.zip', '--plugin', other, '--recipe', at('recipe.json'))).err).toMatch(/has another source/);
  expect((await quantize('none.zip', '--plugin', file, '--activations', 'tight', '--activations-share', '5')).err).toMatch(
    /from 10 to 100/,
  );
});

test('a stand-in for a built-in quantizer that gives something else is named', async () => {
  const file = plugin(
    'other-minmax.mjs',
    `export default { apiVersion: 1, name: 'Other', activations: [{
      id: 'minmax', title: 'MinMax', fit: ({ min, max }, scheme, _options, kit) => kit.rangeQuantizer(min * 0.99, max * 0.99, scheme) }] };`,
  );
  expect(await quantize('other.zip', '--plugin', file)).toMatchObject({ code: 0 });
  expect(readManifest(unzipBundle(readFileSync(at('other.zip')), 'other.zip')).plugins).toMatchObject([
    { name: 'Other', activations: ['minmax'] },
  ]);
});

describe('a plugin that behaves until the battery is over', () => {
  const late = (part: string): string =>
    `let calls = 0;
    export default { apiVersion: 1, name: 'Late', weights: [{ id: 'late', title: 'Late',
      fit: (w, s, o, kit) => kit.channelQuantizer(w, kit.channelMaxima(w), s),
      ${part} }] };`;
  // no tensor of the battery has so many elements
  test.each([
    [
      'integers that are one off',
      late(`quantize: (w, q, o, kit) => kit.quantize(w.data, q, w.shape).map((v) => (w.data.length > 100 && v === 3 ? 4 : v))`),
      /The plugin's late breaks the law "fakeQuantize equals dequantize of quantize" on a tensor of the network/,
    ],
    [
      'parameters that change from call to call',
      late(`bits: [2, 8]`).replace('kit.channelMaxima(w)', 'kit.channelMaxima(w).map((m) => m * (w.data.length > 100 ? 1 + calls++ : 1))'),
      /The plugin's late breaks the law "the same tensor gives the same result again" on a tensor of the network/,
    ],
    [
      'integers out of range',
      late(`quantize: (w, q, o, kit) => kit.quantize(w.data, q, w.shape).map((v) => (w.data.length > 100 ? v + 100 : v))`),
      /gives an integer outside of its range/,
    ],
  ])('%s: the conversion ends, with its name', async (name, text, message) => {
    const file = plugin(`${name.replaceAll(' ', '-')}.mjs`, text);
    expect(await cli('plugin', 'check', file)).toMatchObject({ code: 0 });
    const run = await quantize('late.zip', '--plugin', file, '--weights', 'late');
    expect(run).toMatchObject({ code: 2, out: '' });
    expect(run.err).toMatch(message);
    expect(existsSync(at('late.zip'))).toBe(false);
  });
});

describe('what is wrong with a plugin is said', () => {
  const broken = (quantizer: string): string =>
    `export default { apiVersion: 1, name: 'Broken', weights: [{ id: 'broken', title: 'Broken', ${quantizer} }] };`;
  const fit = 'fit: (w, s, o, kit) => kit.channelQuantizer(w, kit.channelMaxima(w), s)';

  test('one that breaks a law is refused, and `plugin check` shows the counterexample', async () => {
    const file = plugin(
      'off.mjs',
      broken(`${fit}, quantize: (w, q, o, kit) => kit.quantize(w.data, q, w.shape).map((v) => (v === 2 ? 1 : v))`),
    );
    const refused = await quantize('none.zip', '--plugin', file, '--weights', 'broken');
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/off\.mjs: broken breaks the law "fakeQuantize equals dequantize of quantize, bit for bit"/);
    const check = await cli('plugin', 'check', file, minmaxPlugin);
    expect(check.code).toBe(1);
    expect(check.out).toMatch(/FAIL weights broken/);
    expect(check.out).toMatch(/fakeQuantize and dequantize differ at element \d: [\d.]+ and [\d.]+/);
    expect(check.out).toMatch(/ok {3}weights minmax_channel/);
    const json = JSON.parse((await cli('plugin', 'check', file, '--json')).out) as { readonly ok: boolean };
    expect(json.ok).toBe(false);
  });

  test.each([
    ['no plugin', 'export const a = 1;', /exports no plugin/],
    ['another version', 'export default { apiVersion: 2, name: "x" };', /not written for this version.*expected apiVersion 1, got 2/],
    ['an unknown key', broken(`${fit}, magic: 1`), /weights\.0/],
    ['no text', 'export default {', /does not run/],
    [
      'a bad id',
      `export default { apiVersion: 1, name: 'x', weights: [{ id: 'A B', title: 'x', ${fit} }] };`,
      /weights\.0\.id.*lower-case/,
    ],
    ['nothing', `export default { apiVersion: 1, name: 'x' };`, /holds nothing/],
  ])('%s', async (name, text, message) => {
    const run = await quantize('none.zip', '--plugin', plugin(`${name.replaceAll(' ', '-')}.mjs`, text));
    expect(run).toMatchObject({ code: 2, out: '' });
    expect(run.err).toMatch(message);
  });

  test('a file that is not there', async () => {
    expect(await quantize('none.zip', '--plugin', at('missing.mjs'))).toMatchObject({ code: 2 });
    expect(await cli('plugin', 'check')).toMatchObject({ code: 2 });
  });
});

// Node itself loads the file here, not the test runner.
test.each(['typed.ts', 'plain.js', 'plain.mjs'])('the command takes %s from a folder of no package', (name) => {
  const typed = name.endsWith('.ts');
  const text = `${typed ? "import type { Plugin } from 'torch2chip';\n" : ''}export default {
    apiVersion: 1, name: 'Outside', weights: [{ id: 'outside', title: 'Outside',
    fit: (w, scheme, options, kit) => kit.channelQuantizer(w, kit.channelMaxima(w), scheme) }],
  }${typed ? ' satisfies Plugin' : ''};`;
  const run = spawnSync(process.execPath, [join(repository, 'scripts/cli.mjs'), 'plugin', 'check', plugin(name, text)], {
    encoding: 'utf8',
  });
  expect(run.status, run.stderr).toBe(0);
  expect(run.stdout).toContain('Outside');
});
