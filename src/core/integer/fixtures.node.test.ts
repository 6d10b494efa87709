/**
 * Every file of fixtures/models.json opens and becomes integers as the manifest says, or fails with the error that it says.
 * Networks beside the repository (`outside`) are asked for where they lie there; skeletons among them (`fill`) get weights
 * that are all alike, for which ops there are is a question of the graph. Ranges are made up.
 * `npx tsx scripts/model-counts.ts` writes the counts; a change of them is a change of what people see.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { StudioError } from '../base/errors';
import { readModel } from '../onnx/read';
import { canonicalise } from '../passes/canonical';
import { bytesOfEntry, integerCounts, listedModels, operatorCounts, root } from './fixture-models.fixture';

const present = listedModels().filter((entry) => existsSync(join(root, entry.file)));
const failing = present.filter((entry) => entry.error !== undefined);
const good = present.filter((entry) => entry.error === undefined);

test('the manifest lists every model of the repository, none twice, and only those outside may be missing', () => {
  const files = listedModels().map((entry) => entry.file);
  expect(new Set(files).size).toBe(files.length);
  for (const entry of listedModels()) if (entry.outside !== true) expect(existsSync(join(root, entry.file)), entry.file).toBe(true);
});

test.each(failing)('$file fails by name', async ({ file, error, mentions }) => {
  const open = async () => canonicalise(readModel(new Uint8Array(readFileSync(join(root, file))), file), {}, quietContext());
  const e: unknown = await open().then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(e).toBeInstanceOf(StudioError);
  expect((e as StudioError).code).toBe(error);
  expect((e as StudioError).message).toContain(mentions);
});

describe('operators before and after', () => {
  test.each(good)(
    '$file',
    async (entry) => {
      const model = readModel(bytesOfEntry(entry), entry.file);
      expect(operatorCounts(model.graph.nodes)).toEqual(entry.ops);
      const canonical = await canonicalise(model, { shapes: entry.shapes ?? {} }, quietContext());
      // what is left: no batch normalization, and no activation behind what can clamp
      const left = new Set(canonical.model.graph.nodes.map((n) => n.op));
      for (const gone of ['BatchNormalization', 'Relu', 'Clip', 'Identity', 'Constant']) expect(left).not.toContain(gone);
      const { nodes } = canonical.model.graph;
      expect(canonical.stems.size).toBe(nodes.length);
      expect(new Set(canonical.stems.values()).size).toBe(nodes.length);
      const { integer, islands } = await integerCounts(canonical);
      expect(integer).toEqual(entry.integer);
      expect(islands).toEqual([]);
      expect(entry.islands).toBe(0);
    },
    120_000,
  );
});
