import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { concatBytes, utf8Decode } from '../base/bytes';
import { defaultRecipe } from '../recipe/recipe';
import { bundleFiles, bundleName } from './bundle';
import { fileStem, layoutOf } from './layout';
import { manifestText, parseManifest } from './manifest';
import { arithmeticFromManifest, arithmeticToManifest } from './manifest-ops';
import { readBundle, unzipBundle } from './read-bundle';
import { collect, tinyInput } from './tiny-bundle.fixture';
import { writeZip } from './zip';

async function zipped(level: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const result = await writeZip(bundleFiles(tinyInput(), quietContext()), { write: (c) => void chunks.push(c) }, level, quietContext());
  const bytes = concatBytes(chunks);
  expect(result.bytes).toBe(bytes.length);
  return bytes;
}

describe('a bundle', () => {
  test('read back is the integer model and the tensors it was made from', async () => {
    const input = tinyInput();
    const bundle = readBundle(await collect(input));
    expect(bundle.model.ops).toEqual(input.integer.ops);
    expect(bundle.model.arithmetic).toEqual(input.integer.arithmetic);
    expect(new Map(bundle.model.values)).toEqual(new Map(input.integer.values));
    expect(new Map(bundle.model.constants)).toEqual(new Map(input.integer.constants));
    expect(new Map(bundle.tensors)).toEqual(new Map(input.tensors));
    expect([bundle.model.inputs, bundle.model.outputs]).toEqual([['image'], ['logits']]);
  });

  test('has the files of every operand under the stem of its op', async () => {
    const files = await collect(tinyInput());
    const m = parseManifest(utf8Decode(files.get('manifest.json') as Uint8Array));
    const conv = m.ops[0];
    expect(conv?.files).toEqual({
      x1: 'tensors/layer1.0.conv1_x1.npy',
      x2: 'tensors/layer1.0.conv1_x2.npy',
      y: 'tensors/layer1.0.conv1_y.npy',
      yq: 'tensors/layer1.0.conv1_yq.npy',
    });
    expect(m.ops.find((op) => op.name === 'attn.qk')?.files).toEqual({
      x1: 'tensors/attn.qk_x1.npy',
      x2: 'tensors/attn.qk_x2.npy',
      y: 'tensors/attn.qk_y.npy',
      yq: 'tensors/attn.qk_yq.npy',
    });
    expect(files.get('tensors/layer1.0.conv1_x1.npy')).toEqual(files.get('tensors/image.npy'));
    expect(m.tensors['layer1.0.conv1_bias']?.file).toBe('params/layer1.0.conv1_bias.npy');
    expect([...files.keys()].sort()).toEqual([...Object.keys(m.files), 'manifest.json'].sort());
    expect([...files.keys()].filter((f) => f.startsWith('hex/')).length).toBe([...files.keys()].filter((f) => f.endsWith('.npy')).length);
  });

  test('manifest text parses back to itself, scales as the same float32', async () => {
    const text = utf8Decode((await collect(tinyInput())).get('manifest.json') as Uint8Array);
    expect(parseManifest(text)).toEqual(JSON.parse(text));
    expect(parseManifest(manifestText(parseManifest(text)))).toEqual(parseManifest(text));
    expect(Math.fround(parseManifest(text).tensors['image']?.scale as number)).toBe(Math.fround(0.1));
  });

  test.each([0, 6])('zips to the same bytes every time and unzips to the same files, level %i', async (level) => {
    const [a, b] = [await zipped(level), await zipped(level)];
    expect(a).toEqual(b);
    expect(new Map(unzipBundle(a, 'x.zip'))).toEqual(await collect(tinyInput()));
  });

  test('waits for its sink and stops when the sink fails', async () => {
    let busy = 0;
    let most = 0;
    const slow = {
      async write() {
        most = Math.max(most, ++busy);
        await Promise.resolve();
        busy--;
      },
    };
    await writeZip(bundleFiles(tinyInput(), quietContext()), slow, 0, quietContext());
    expect(most).toBe(1);
    const full = { write: () => Promise.reject(new Error('disk full')) };
    await expect(writeZip(bundleFiles(tinyInput(), quietContext()), full, 0, quietContext())).rejects.toThrow('disk full');
  });

  test('progress is monotone, its total constant, and ends at the total', async () => {
    const seen: { done: number; total: number }[] = [];
    const ctx = { ...quietContext(), progress: (p: { done: number; total: number }) => void seen.push(p) };
    for await (const file of bundleFiles(tinyInput(), ctx)) expect(file.path).not.toBe('');
    expect(new Set(seen.map((p) => p.total)).size).toBe(1);
    expect(seen.map((p) => p.done)).toEqual(seen.map((_, i) => i + 1));
    expect(seen.at(-1)?.done).toBe(seen.at(-1)?.total);
  });

  test('is named after the model and the recipe', () => {
    expect(bundleName('my net.onnx', defaultRecipe)).toBe('my_net-minmax_channel+minmax-w8a8.t2c.zip');
  });

  test('refuses a format that there is not', async () => {
    await expect(collect(tinyInput('half-up', ['punched-cards']))).rejects.toMatchObject({ fields: { code: 'bad-usage' } });
  });
});

test('values whose names make the same file name get files of their own', () => {
  const { integer } = tinyInput();
  const [first] = integer.ops;
  if (first?.kind !== 'conv') throw new Error('the first op is a conv');
  const twin = { ...first, name: 'LAYER1.0/conv1', acc: 'twin_y', output: 'twin' };
  const layout = layoutOf({
    ...integer,
    ops: [first, { ...twin, name: 'layer1.0_conv1' }, { ...twin, name: 'layer1.0/conv1', acc: 'a', output: 'b' }],
  });
  const paths = [...layout.values.values()].map((p) => p.file).concat(layout.copies.map((c) => c.file));
  expect(new Set(paths.map((p) => p.toLowerCase())).size).toBe(paths.length);
});

test('file stems hold nothing that a file system minds', () => {
  expect(fileStem('/blocks.0/attn/MatMul')).toBe('blocks.0_attn_MatMul');
  expect(fileStem('../../etc')).not.toMatch(/\/|^\./);
  expect(fileStem('図')).toBe('value');
});

test('arithmetic survives the manifest', () => {
  const styles = [
    { kind: 'normalized', bits: undefined },
    { kind: 'normalized', bits: 12 },
    { kind: 'qformat', swl: 32, sfl: 26 },
    { kind: 'pow2' },
    { kind: 'tflite' },
  ] as const;
  const registers = [{}, { shift: 'layer' }, { accumulator: { bits: 20, overflow: 'saturate' } }] as const;
  for (const multiplier of styles) {
    for (const more of registers) {
      const a = { rounding: 'half-even', multiplier, ...more } as const;
      expect(arithmeticFromManifest(arithmeticToManifest(a))).toEqual(a);
    }
  }
});

test.each(['{', '{"format":"t2c-bundle","version":2}', '[]'])('a manifest that is none is refused by name: %s', (text) => {
  expect(() => parseManifest(text)).toThrow(/manifest\.json/);
});
