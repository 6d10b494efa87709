// What is said of an export before it is made, against the export that is made then.
import { beforeAll, describe, expect, test } from 'vitest';
import { calibrationData, memoryEngine, preprocessing, resnet } from '../adapters/node/engine.fixture';
import { concatBytes } from '../core/base/bytes';
import { defaultRecipe, exporters, readManifest, StudioError, unzipBundle } from '../core/index';
import type { OptionValues } from '../core/quant/quantizer';

const { engine, written } = memoryEngine();
beforeAll(async () => {
  await engine.open([resnet], {});
  await engine.useData([calibrationData], { role: 'calibration', preprocessing });
  await engine.calibrate({ samples: 2, provider: 'wasm' });
  await engine.convert(defaultRecipe, { sampleIndex: 0, strict: false });
});

async function exported(
  formats: readonly string[],
  options: Readonly<Record<string, OptionValues>>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  await engine.exportBundle({ formats, options, level: 0 });
  return unzipBundle(concatBytes(written.chunks), 'bundle');
}

const codeOf = async (failing: Promise<unknown>): Promise<string> => {
  const error: unknown = await failing.catch((e: unknown) => e);
  return error instanceof StudioError ? error.fields.code : 'none';
};

describe('the plan of an export', () => {
  test('has every format with its options, and what comes along', async () => {
    const formats = await engine.exportFormats();
    expect(formats.map((f) => f.id)).toEqual(exporters.map((e) => e.id));
    expect(formats.find((f) => f.id === 'rtl')?.needs).toEqual(['hex']);
    for (const f of formats) expect(f.options.every((o) => o.title !== '' && o.help !== '')).toBe(true);
  });

  test('says how large each format and the zip will be', async () => {
    const packed = { wordWidth: '64', tileRows: 16, tileColumns: 16 };
    const options = { hex: packed, mif: { banks: 4 }, bin: { element: 'bytes' }, c: { contents: 'constants' } };
    const { always, formats } = await engine.exportEstimate({ formats: [], options });
    const ids = exporters.map((e) => e.id).filter((id) => formats[id] !== undefined && id !== 'npy');
    const files = await exported(ids, options);
    const { files: hashes } = readManifest(files);
    const bytesIn = (folder: string): number =>
      Object.keys(hashes).reduce((sum, path) => sum + (path.startsWith(folder) ? (files.get(path)?.length ?? 0) : 0), 0);
    for (const id of ids) {
      const said = formats[id] ?? 0;
      const made = bytesIn(id === 'qonnx' ? 'model/qonnx' : `${id}/`);
      expect([id, Math.abs(said / made - 1) < 0.25], `${id}: ${said} for ${made}`).toEqual([id, true]);
    }
    const zip = written.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const total = ids.reduce((sum, id) => sum + (formats[id] ?? 0), always);
    expect(Math.abs(total / zip - 1)).toBeLessThan(0.1);
  });

  test.each(['hex', 'memb', 'txt', 'coe', 'mif'])('shows of %s the words that are in the file', async (format) => {
    const options = { wordWidth: '32', tileRows: 4, tileColumns: 3, lanes: 'high-first' };
    const given = { format, options, layer: 'layer1.0.conv1', role: 'x2', words: 12 };
    const { words, files: paths, count, shape, bytes } = await engine.exportPreview(given);
    const files = await exported([format], { [format]: options });
    expect(paths).toHaveLength(1);
    const text = new TextDecoder().decode(files.get(paths[0] ?? ''));
    expect(Math.abs((bytes ?? 0) / text.length - 1)).toBeLessThan(0.1);
    expect(shape).toEqual({ width: 32, slot: 8, perWord: 4, parts: 1, lanes: 'high-first' });
    const at = text.indexOf(words.map((w) => w.text).join('\n'));
    expect(at).toBeGreaterThan(0);
    expect(text.slice(at).trim().split('\n').length - (format === 'mif' ? 1 : 0)).toBe(count);
  });

  test('shows the first of several files, with what is filled up', async () => {
    const options = { banks: 3, tileRows: 5, tileColumns: 5 };
    const { words, files } = await engine.exportPreview({ format: 'bin', options, layer: 'layer1.0.conv1', role: 'x2', words: 1000 });
    expect(files).toEqual([0, 1, 2].map((b) => `bin/layer1.0.conv1_x2.bank${b}.bin`));
    expect(words.some((w) => w.elements.includes(undefined))).toBe(true);
    const golden = await engine.tensorWindow('layer1.0.conv1', 'x2', [], { row: 0, rows: 1, column: 0, columns: 4 });
    expect([words[0]?.elements[0], words[1]?.elements[0]]).toEqual([String(golden.values[0]), String(golden.values[3])]);
  });

  test('refuses what contradicts itself, and what has no words', async () => {
    const stream = { hex: { fill: 'stream' } };
    expect(await codeOf(engine.exportEstimate({ formats: ['hex'], options: stream }))).toBe('bad-usage');
    const packed = { hex: { wordWidth: '64' } };
    expect(await codeOf(engine.exportEstimate({ formats: ['rtl'], options: packed }))).toBe('bad-usage');
    expect(await codeOf(engine.exportEstimate({ formats: ['hex'], options: packed }))).toBe('none');
    const tensor = { layer: 'fc', role: 'x2', words: 4 };
    expect(await codeOf(engine.exportPreview({ ...tensor, format: 'hex', options: stream.hex }))).toBe('bad-usage');
    expect(await codeOf(engine.exportPreview({ ...tensor, format: 'npz', options: {} }))).toBe('bad-usage');
    expect(await codeOf(engine.exportPreview({ ...tensor, role: 'lut', format: 'hex', options: {} }))).toBe('bad-usage');
  });
});
