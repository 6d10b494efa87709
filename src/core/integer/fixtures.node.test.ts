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
import type { CanonicalModel } from '../ir/model';
import { onnx } from '../onnx/oracle.fixture';
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

/** Names of what has weights of its own, in order. */
const layers = ({ model, stems }: CanonicalModel): readonly string[] =>
  model.graph.nodes.filter((n) => ['Conv', 'Gemm', 'MatMul', 'LayerNormalization'].includes(n.op)).map((n) => stems.get(n.id) ?? '');

/**
 * PyTorch names its parameters as its modules. Where batch normalization was folded in the export, weights and biases are only
 * numbered, as Swin's patch merging is: nothing is left to know those by.
 */
const recoverable = good.filter(
  (e) => e.fill !== true && e.producer === 'pytorch' && !/llama|resnet20|imagenet|folded|swin|samples\/resnet/.test(e.file),
);

test.each(recoverable)('layers of $file have the names of their modules without a name of a node', async (entry) => {
  const model = onnx.ModelProto.decode(bytesOfEntry(entry));
  const canonicalOf = async (bytes: Uint8Array) =>
    canonicalise(readModel(bytes, entry.file), { shapes: entry.shapes ?? {} }, quietContext());
  const named = layers(await canonicalOf(onnx.ModelProto.encode(model).finish()));
  for (const node of model.graph?.node ?? []) node.name = '';
  expect(layers(await canonicalOf(onnx.ModelProto.encode(model).finish()))).toEqual(named);
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
