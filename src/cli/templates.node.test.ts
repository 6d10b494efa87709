// Every plugin of plugins/ keeps all laws, and takes the sample CNN and ViT the whole way: bundle, both checkers, integer.onnx.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { repository } from '../adapters/node/engine.fixture';
import { pluginFile } from '../adapters/node/plugin-file';
import { quietContext } from '../core/base/context';
import { compareWithExecutor } from '../core/exporters/integer-onnx.fixture';
import { openPlugins, readBundle, readNpy, unzipBundle, verifyBundle, writeNpy } from '../core/index';
import { runCli } from './run';

const folder = mkdtempSync(join(tmpdir(), 't2c-templates-'));
afterAll(() => rmSync(folder, { recursive: true }), 60_000);
const samples = join(repository, 'public/samples');
const templates = readdirSync(join(repository, 'plugins')).filter((f) => f.endsWith('.ts'));
const python = ['/usr/bin/python3', 'python3'].find((p) => spawnSync(p, ['-c', 'import numpy']).status === 0);

/** The bundle of a sample network under the plugin's quantizers. */
async function bundleOf(template: string, network: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const path = join(repository, 'plugins', template);
  const remote = await pluginFile(path);
  const { reports } = await openPlugins([remote], { check: false }, quietContext());
  const { data } = await remote.describe();
  const { profiles = [], exporters = [] } = data as Readonly<Record<string, readonly { readonly id: string }[]>>;
  const record = reports[0]?.record;
  const [weights] = record?.weights ?? [];
  const [activations] = record?.activations ?? [];
  const [criterion] = record?.pruning ?? [];
  const out = join(folder, `${template}-${network}.zip`);
  let said = '';
  const code = await runCli(
    [
      ...['quantize', join(samples, `${network}.onnx`), '--calibration', join(samples, 'fashion_calib.npz'), '--samples', '4'],
      ...['--mean', '0.286', '--std', '0.353', '--wbits', '4', '--out', out, '--plugin', path],
      ...(weights === undefined ? [] : ['--weights', weights]),
      ...(activations === undefined ? [] : ['--activations', activations]),
      ...(criterion === undefined ? [] : ['--pruning', criterion, '--pruning-pattern', '2:4']),
      ...profiles.flatMap(({ id }) => ['--profile', id]),
      ...exporters.flatMap(({ id }) => ['--export', id]),
    ],
    { stdout: { write: () => undefined }, stderr: { write: (text) => void (said += text) }, signal: new AbortController().signal },
  );
  expect([code, code === 0 ? '' : said]).toEqual([0, '']);
  const files = unzipBundle(readFileSync(out), out);
  rmSync(out);
  return files;
}

function verifyPy(files: ReadonlyMap<string, Uint8Array>, name: string) {
  for (const [path, bytes] of files) {
    mkdirSync(join(folder, name, dirname(path)), { recursive: true });
    writeFileSync(join(folder, name, path), bytes);
  }
  const run = spawnSync(python ?? 'python3', ['-B', 'verify.py'], { cwd: join(folder, name), encoding: 'utf8' });
  rmSync(join(folder, name), { recursive: true });
  return run;
}

test('there are the templates that the docs name', () => {
  for (const name of [
    'minmax',
    'pact',
    'sawb',
    'rcf',
    'mxint',
    'logquant',
    'percentile',
    'kmeans',
    'momentum-rounding',
    'small-chip',
    'ema-percentile',
    'relative-importance',
  ])
    expect(templates).toContain(`${name}.ts`);
});

describe.each(templates)('%s', (template) => {
  test('keeps every law', async () => {
    const { reports } = await openPlugins([await pluginFile(join(repository, 'plugins', template))], { check: true }, quietContext());
    expect(reports.map((r) => r.error)).toEqual([undefined]);
    expect(reports.flatMap((r) => r.entries.flatMap((e) => e.laws.filter((l) => !l.ok)))).toEqual([]);
  });

  test.each(['resnet14_fashion', 'vit_fashion'])('takes %s the whole way', async (network) => {
    const files = await bundleOf(template, network);
    const report = await verifyBundle(files, quietContext());
    expect(report.faults).toEqual([]);
    expect(report.notRecomputed).toEqual([]);
    if (python === undefined) return;
    expect(verifyPy(files, `${template}-${network}`)).toMatchObject({ status: 0 });
  });
});

test('an exporter writes every tensor, as its options say', async () => {
  const files = await bundleOf('small-chip.ts', 'resnet14_fashion');
  const { manifest } = readBundle(files);
  const tensor = Object.values(manifest.tensors).find((t) => t.role === 'weight');
  const path = (tensor?.file ?? '').replace('tensors/', 'chip_text/').replace('.npy', '.chip.txt');
  const [head, first] = new TextDecoder().decode(files.get(path)).split('\n');
  expect(head).toBe(`s4 ${tensor?.shape.join('x')}`);
  const { data } = readNpy(files.get(tensor?.file ?? '') as Uint8Array, '');
  expect(first).toBe(Array.from(data.slice(0, 16), Number).join(' '));
});

describe('a codebook', () => {
  const coded = 'patch_embed.proj';

  test('is looked up in integer.onnx, and counts as its codes', async () => {
    const files = await bundleOf('logquant.ts', 'vit_fashion');
    const { model, manifest, tensors } = readBundle(files);
    const info = manifest.tensors[`${coded}_x2`];
    expect(info?.codebook).toEqual({ codes: `${coded}_codes`, table: `${coded}_table`, bits: 4 });
    const table = [...(readNpy(files.get(`params/${coded}_table.npy`) ?? new Uint8Array(), '').data as Int8Array)];
    expect(table).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 0, -1, -2, -4, -8, -16, -32, -64]);
    const codes = model.constants.get(`${coded}_codes`);
    expect(codes?.quant?.bits).toBe(4);
    expect([...(codes?.data as Uint8Array)].map((c) => table[c])).toEqual([...(model.constants.get(`${coded}_x2`)?.data as Int8Array)]);
    await compareWithExecutor(model, new Map(model.inputs.map((name) => [name, tensors.get(name) as never])));
  });

  test('whose code says something else is found by both checkers', async () => {
    const files = new Map(await bundleOf('logquant.ts', 'resnet14_fashion'));
    const path = [...files.keys()].find((p) => p.endsWith('_codes.npy')) as string;
    const codes = readNpy(files.get(path) as Uint8Array, path);
    const data = (codes.data as Uint8Array).slice();
    const at = data.findIndex((c) => c === 3);
    data[at] = 2;
    files.set(path, writeNpy({ ...codes, data }));
    const { faults } = await verifyBundle(files, quietContext());
    expect(faults.some((f) => f.message.includes(`element ${at} is 4, its code 2 stands for 2`))).toBe(true);
    if (python === undefined) return;
    // its hash is put right, so that the code itself is looked at
    const manifest = JSON.parse(new TextDecoder().decode(files.get('manifest.json'))) as { files: Record<string, string> };
    const sum = spawnSync('sha256sum', { input: files.get(path), encoding: 'utf8' }).stdout.split(' ')[0] as string;
    files.set('manifest.json', new TextEncoder().encode(JSON.stringify({ ...manifest, files: { ...manifest.files, [path]: sum } })));
    const run = verifyPy(files, 'faulty');
    expect(run.status).toBe(1);
    expect(run.stdout + run.stderr).toMatch(/element \d+ is 4, its code stands for 2/);
  });
});
