/**
 * Writes the counts of fixtures/models.json anew: operators of each file and ops of its integer model. For networks beside
 * the repository only where they lie there. Which models are listed, and what bad files must fail with, is written by hand.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quietContext } from '../src/core/base/context';
import {
  bytesOfEntry,
  integerCounts,
  listedModels,
  operatorCounts,
  root,
  type ListedModel,
} from '../src/core/integer/fixture-models.fixture';
import { readModel } from '../src/core/onnx/read';
import { canonicalise } from '../src/core/passes/canonical';

async function withCounts(entry: ListedModel): Promise<ListedModel> {
  if (entry.error !== undefined || !existsSync(join(root, entry.file))) return entry;
  const model = readModel(bytesOfEntry(entry), entry.file);
  const started = performance.now();
  const canonical = await canonicalise(model, { shapes: entry.shapes ?? {} }, quietContext());
  const { integer, islands } = await integerCounts(canonical);
  process.stderr.write(`${entry.file}: ${((performance.now() - started) / 1000).toFixed(1)} s${islands.map((i) => `\n  ${i}`).join('')}\n`);
  return { ...entry, ops: operatorCounts(model.graph.nodes), integer, islands: islands.length };
}

const file = join(root, 'fixtures/models.json');
// our own file
const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
const models: ListedModel[] = [];
for (const entry of listedModels()) models.push(await withCounts(entry));
writeFileSync(file, `${JSON.stringify({ ...manifest, models }, undefined, 2)}\n`);
