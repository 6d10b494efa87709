// Both checkers on bundles in every format under every kind of packing: accepted as written, and what is changed is named.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { latin1Decode, utf8Decode, utf8Encode } from '../base/bytes';
import { sha256Hex } from '../base/hash';
import type { IntConstant } from '../ir/integer-model';
import type { OptionValues } from '../quant/quantizer';
import type { BundleInput } from './bundle-input';
import { inFolder, python, type Ran } from './formats.fixture';
import { packingOptions } from './packing/packing';
import { collect, tinyInput, withManifest } from './tiny-bundle.fixture';
import { tokenInput } from './token-bundle.fixture';
import { verifyBundle } from './verify';

const memories = ['hex', 'memb', 'bin', 'txt', 'coe', 'mif'] as const;
const archives = ['npz', 'safetensors', 't2c'] as const;

/** Half of the convolution's weights are 0, two of every four, whatever the rest of the tensors is then: only files are compared. */
function sparseInput(formats: readonly string[]): BundleInput {
  const input = tinyInput('half-up', formats);
  const name = 'layer1.0.conv1_x2';
  const weight = input.integer.constants.get(name) as IntConstant;
  const data = weight.data.map(((v: number, i: number) => (i % 4 < 2 ? v : 0)) as never) as IntConstant['data'];
  return { ...input, integer: { ...input.integer, constants: new Map([...input.integer.constants, [name, { ...weight, data }]]) } };
}

const python3 = (files: ReadonlyMap<string, Uint8Array>): Ran => inFolder(files, (run) => run(python, '-B', 'verify.py'));

/** What the checkers say of the formats: of the other tensors nothing is asked. */
async function saidOfExports(files: ReadonlyMap<string, Uint8Array>): Promise<{ ours: string[]; numpy: string[] }> {
  const report = await verifyBundle(files, quietContext());
  const program = `
import sys; sys.argv = ["verify.py", "."]
import verify
for fault in verify.check_exports(verify.Bundle(".")): print("MISMATCH " + fault)`;
  const ran = inFolder(new Map<string, Uint8Array | string>([...files, ['only.py', program]]), (run) => run(python, '-B', 'only.py'));
  expect(ran.out).not.toMatch(/Traceback/);
  return {
    ours: report.faults
      .filter((f) => f.kind !== 'hash' && / in (hex|memb|bin|txt|coe|mif|npz|safetensors|t2c)|image|Word|archive/.test(f.message))
      .map((f) => f.message),
    numpy: ran.out.split('\n').filter((l) => l.startsWith('MISMATCH')),
  };
}

const packing: fc.Arbitrary<OptionValues> = fc
  .record<Record<string, string | number>>(
    Object.fromEntries(
      packingOptions.map(({ id, kind }): [string, fc.Arbitrary<string | number>] => {
        if (kind.type === 'choice') return [id, fc.constantFrom(...kind.choices.map((c) => c.value))];
        return [id, fc.integer({ min: id === 'banks' ? 1 : 0, max: 5 })];
      }),
    ),
  )
  .map((o) => (o['fill'] === 'stream' && o['wordWidth'] === '0' ? { ...o, wordWidth: '32' } : o));

describe('both checkers', () => {
  test('accept every format as it is by default, in the whole check', { timeout: 120_000 }, async () => {
    for (const input of [tinyInput(), await tokenInput()]) {
      const files = await collect({ ...input, formats: [...memories, ...archives, 'c', 'report', 'profile'] });
      expect(await verifyBundle(files, quietContext())).toMatchObject({ ok: true });
      expect(python3(files)).toMatchObject({ status: 0, out: expect.stringMatching(/^OK/) as string });
    }
  });

  test('unpack whatever packing the manifest names', { timeout: 300_000 }, async () => {
    for (const o of fc.sample(packing, { numRuns: 20, seed: 7 })) {
      const files = await collect({ ...sparseInput(memories), options: Object.fromEntries(memories.map((id) => [id, o])) });
      expect([o, await saidOfExports(files)]).toEqual([o, { ours: [], numpy: [] }]);
    }
  });

  test('unpack sparse weights', async () => {
    const o = { sparsity: '2:4', layout: 'stored', banks: 2, wordWidth: '32', tileRows: 3, tileColumns: 4 };
    const files = await collect({ ...sparseInput(['hex', 'bin']), options: { hex: o, bin: o } });
    // 27 columns: the last group is filled up
    expect([...files.keys()]).toContain('hex/layer1.0.conv1_x2.index.bank1.mem');
    expect(await saidOfExports(files)).toEqual({ ours: [], numpy: [] });
  });

  /** One character of a body changed, the hash made to fit or not. */
  function changed(
    files: ReadonlyMap<string, Uint8Array>,
    path: string,
    rehash: boolean,
    edit: (text: string) => string,
  ): Map<string, Uint8Array> {
    const bytes = Uint8Array.from(edit(latin1Decode(files.get(path) as Uint8Array)), (c) => c.charCodeAt(0));
    expect(bytes).not.toEqual(files.get(path));
    const out = new Map(files).set(path, bytes);
    return rehash ? withManifest(out, (m) => (m.files[path] = sha256Hex(bytes))) : out;
  }
  const lastDigit = (text: string): string =>
    text.replace(/([0-9a-f])([;,]?\n(?:END;\n)?)$/, (_, d: string, end: string) => (d === '1' ? '0' : '1') + end);

  test.each([
    ['hex/fc_yq.mem', 'hex', lastDigit],
    ['memb/fc_yq.mem', 'memb', lastDigit],
    ['coe/fc_yq.coe', 'coe', lastDigit],
    ['mif/fc_yq.mif', 'mif', lastDigit],
    ['txt/fc_yq.txt', 'txt', lastDigit],
    ['bin/fc_yq.bin', 'bin', (t: string) => t.slice(0, -1) + String.fromCharCode(t.charCodeAt(t.length - 1) ^ 1)],
    ['npz/tensors.npz', 'npz', undefined],
    ['safetensors/tensors.safetensors', 'safetensors', undefined],
    ['t2c/tensors/fc_yq.pt', 't2c', undefined],
  ] as const)('name the file and the index of one digit that was changed: %s', async (path, format, edit) => {
    const files = await collect({ ...tinyInput('half-up', [format]) });
    // the tensor itself in the archives: its five elements in a row
    const inArchive = (text: string): string => {
      const golden = files.get('tensors/fc_yq.npy') as Uint8Array;
      const elements = latin1Decode(golden).slice(128);
      const wide =
        format === 't2c'
          ? Array.from(new Int16Array(golden.slice(128).buffer), (v) => latin1Decode(new Uint8Array(Int32Array.of(v).buffer))).join('')
          : elements;
      const at = text.indexOf(wide) + wide.length - wide.length / 5;
      expect(text.indexOf(wide)).toBeGreaterThan(0);
      return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
    };
    for (const rehash of [false, true]) {
      const broken = changed(files, path, rehash, edit ?? inArchive);
      const report = await verifyBundle(broken, quietContext());
      const said = report.faults.map((f) => f.message).join('\n');
      const numpy = python3(broken);
      expect(numpy.status).toBe(1);
      expect(numpy.out).not.toMatch(/Traceback/);
      // numpy checks the sum that a zip keeps of its entry before anybody sees a number
      const index =
        format === 'npz' || format === 't2c'
          ? /fc_yq in \w+ .*(CRC|index)/
          : /fc_yq in \w+ .* at index \[0, 4\]: expected -?\d+, got -?\d+/;
      expect(numpy.out).toMatch(index);
      expect(numpy.out).toContain(format === 'npz' || format === 't2c' ? `fc_yq in ${format}` : path);
      expect(said).toMatch(/fc_yq in \w+ .* at index \[0, 4\]: expected -?\d+, got -?\d+/);
      expect(said).toContain(path);
      if (!rehash) for (const text of [said, numpy.out]) expect(text).toMatch(/hash is/);
    }
  });

  test('name the file of which the form is broken, and go on', { timeout: 300_000 }, async () => {
    const files = await collect(tinyInput('half-up', [...memories]));
    for (const id of memories) {
      const ending = id === 'hex' || id === 'memb' ? 'mem' : id;
      const path = `${id}/fc_yq.${ending}`;
      for (const edit of [(t: string) => t.slice(0, -3), (t: string) => `${t}7f\n`, (t: string) => t.slice(0, -2) + 'zz']) {
        if (id === 'bin' && edit('abc') === 'azz') continue; // every byte is a number there
        const broken = changed(files, path, true, edit);
        expect((await verifyBundle(broken, quietContext())).faults.map((f) => f.file ?? f.message)).toContain(path);
        const numpy = python3(broken);
        expect(numpy.out).toMatch(/^MISMATCH.*fc_yq/);
        expect(numpy.out).not.toMatch(/Traceback/);
      }
      const without = new Map(files);
      without.delete(path);
      expect(python3(without).out).toContain(`${path} is missing`);
    }
  });

  test('leave a format alone that they do not know', async () => {
    const files = await collect(tinyInput('half-up', []));
    const manifest = JSON.parse(utf8Decode(files.get('manifest.json') as Uint8Array)) as Record<string, unknown>;
    manifest['exports'] = [{ format: 'punched-cards', options: {} }];
    const newer = new Map(files).set('manifest.json', utf8Encode(JSON.stringify(manifest)));
    expect(await verifyBundle(newer, quietContext())).toMatchObject({ ok: true });
    expect(python3(newer).status).toBe(0);
  });
});
