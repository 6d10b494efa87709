/** Every file of fixtures/models.json opens as the manifest says, or fails with the error that it says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { StudioError } from '../base/errors';
import { readModel } from '../onnx/read';
import { canonicalise } from './canonical';

interface Entry {
  readonly file: string;
  readonly ops?: Readonly<Record<string, number>>;
  readonly error?: string;
  readonly mentions?: string;
}

const root = join(import.meta.dirname, '../../..');
// our own file
const { models } = JSON.parse(readFileSync(join(root, 'fixtures/models.json'), 'utf8')) as { models: readonly Entry[] };

test.each(models)('$file', async ({ file, ops, error, mentions }) => {
  const bytes = new Uint8Array(readFileSync(join(root, file)));
  const open = async () => {
    const model = readModel(bytes, file);
    return { model, canonical: await canonicalise(model, {}, quietContext()) };
  };
  if (error !== undefined) {
    const e: unknown = await open().then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(e).toBeInstanceOf(StudioError);
    expect((e as StudioError).code).toBe(error);
    expect((e as StudioError).message).toContain(mentions);
    return;
  }
  const { model, canonical } = await open();
  const counts: Record<string, number> = {};
  for (const node of model.graph.nodes) counts[node.op] = (counts[node.op] ?? 0) + 1;
  expect(counts).toEqual(ops);
  // what is left: no batch normalization, and no activation behind what can clamp
  const left = new Set(canonical.model.graph.nodes.map((n) => n.op));
  for (const gone of ['BatchNormalization', 'Relu', 'Clip', 'Identity', 'Constant']) expect(left).not.toContain(gone);
  expect(canonical.stems.size).toBe(canonical.model.graph.nodes.length);
});
