/**
 * What a recipe says of single layers, from flags to the bundle: `--layer` and `--edges8` are in its recipe and in the bits of its
 * tensors, a glob that meets nothing is warned about, and what is not understood is refused in one line.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { repository } from '../adapters/node/engine.fixture';
import { readBundle, unzipBundle } from '../core/index';
import { runCli } from './run';

const folder = mkdtempSync(join(tmpdir(), 't2c-overrides-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sample = (name: string): string => join(repository, 'public/samples', name);

async function quantize(out: string, ...further: readonly string[]) {
  const told = { out: '', err: '' };
  const code = await runCli(
    [
      ...['quantize', sample('resnet14_fashion.onnx'), '--calibration', sample('fashion_calib.npz'), '--samples', '2'],
      ...['--mean', '0.286', '--std', '0.353', '--out', join(folder, out), ...further],
    ],
    {
      stdout: { write: (text) => void (told.out += text) },
      stderr: { write: (text) => void (told.err += text) },
      signal: new AbortController().signal,
    },
  );
  return { code, ...told };
}

function bundle(out: string) {
  const { manifest } = readBundle(unzipBundle(new Uint8Array(readFileSync(join(folder, out))), out));
  const bitsOf = (name: string | undefined): number | undefined => (name === undefined ? undefined : manifest.tensors[name]?.bits);
  /** Bits of the weight and of the input integers, by layer. */
  const bits = new Map(
    manifest.ops.flatMap((op) =>
      'weight' in op && typeof op.weight === 'string' ? [[op.name, [bitsOf(op.weight), bitsOf(op.inputs[0])]] as const] : [],
    ),
  );
  return { manifest, bits };
}

test('--layer gives the layers of a glob other bits and another quantizer, later flags over earlier ones', async () => {
  const run = await quantize(
    'layers.zip',
    ...['--layer', 'layer2.*:wbits=4,weights=adaround', '--layer', 'layer2.0.conv2:wbits=3', '--layer', 'fc:abits=6'],
    ...['--weights-iterations', '10', '--json'],
  );
  expect([run.code, run.err]).toEqual([0, '']);
  const { manifest, bits } = bundle('layers.zip');
  expect(manifest.recipe).toMatchObject({
    weights: { algorithm: 'minmax_channel', bits: 8, options: { iterations: 10 } },
    layers: [
      { match: 'layer2.*', weightBits: 4, weights: 'adaround' },
      { match: 'layer2.0.conv2', weightBits: 3 },
      { match: 'fc', activationBits: 6 },
    ],
  });
  for (const [name, [w]] of bits) expect([name, w]).toEqual([name, name === 'layer2.0.conv2' ? 3 : name.startsWith('layer2.') ? 4 : 8]);
  expect(bits.get('fc')).toEqual([8, 6]);
  // only the layers of the glob have learned
  const learned = (manifest.report?.learned ?? []).map((l) => l.layer);
  expect(learned).toEqual([...bits.keys()].filter((name) => name.startsWith('layer2.')));
  expect(learned.length).toBeGreaterThan(3);
});

test('--edges8 keeps the first and the last layer at 8 bits; what --layer says of one by name is stronger', async () => {
  const widths = ['--wbits', '4', '--abits', '5', '--edges8'];
  expect((await quantize('edges.zip', ...widths)).code).toBe(0);
  const { manifest, bits } = bundle('edges.zip');
  expect(manifest.recipe).toMatchObject({ edges8: true, layers: [], weights: { bits: 4 } });
  const names = [...bits.keys()];
  expect([names[0], names.at(-1)]).toEqual(['conv1', 'fc']);
  for (const [name, [w]] of bits) expect([name, w]).toEqual([name, name === 'conv1' || name === 'fc' ? 8 : 4]);
  expect([bits.get('conv1')?.[1], bits.get('fc')?.[1], bits.get('layer1.0.conv2')?.[1]]).toEqual([8, 8, 5]);

  expect((await quantize('named.zip', ...widths, '--layer', 'fc:wbits=6')).code).toBe(0);
  expect([bundle('named.zip').bits.get('fc')?.[0], bundle('named.zip').bits.get('conv1')?.[0]]).toEqual([6, 8]);
});

test('a glob that meets no layer is warned about, and the bundle is made', async () => {
  const run = await quantize('unused.zip', '--layer', 'layer9.*:wbits=4');
  expect([run.code, run.err]).toEqual([0, 'warning (unused-override): no layer matches layer9.*\n']);
});

test.each([
  ['fc', 'A --layer flag is not understood'],
  ['fc:', 'A --layer flag is not understood'],
  [':wbits=4', 'A --layer flag is not understood'],
  ['fc:bits=4', 'keys wbits, abits, weights, activations, keep'],
  ['fc:wbits', 'A --layer flag is not understood'],
  ['fc:wbits=4=5', 'A --layer flag is not understood'],
  ['fc:wbits=4,wbits=5', 'each once'],
  ['fc:wbits=four', 'A --layer flag is not understood'],
  ['fc:wbits=9', 'at most 8 bits'],
  ['fc:abits=1', 'at least 2 bits'],
  ['fc:weights=magic', 'minmax_channel'],
  ['fc:activations=adaround', 'minmax'],
  ['fc:keep=maybe', 'float or integer'],
])('--layer %s is refused in one line', async (text, mention) => {
  const run = await quantize('refused.zip', '--layer', text);
  expect([run.code, run.out]).toEqual([2, '']);
  expect(run.err.trimEnd().split('\n')).toHaveLength(1);
  expect(run.err).toContain(mention);
  expect(existsSync(join(folder, 'refused.zip'))).toBe(false);
});
