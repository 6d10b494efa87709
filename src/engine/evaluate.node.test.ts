// Evaluation only looks: digests over everything that was converted are the same before and after, whatever the recipe.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { calibrationData, preprocessing, resnet, testData } from '../adapters/node/engine.fixture';
import { nodePorts } from '../adapters/node/ports';
import { parseRecipe, presetOf, presetRecipe, qdqModel } from '../core/index';
import type { CanonicalModel, ValueName } from '../core/ir/model';
import { builtInQuantizers } from '../core/quant/registry';
import { calibrateModel } from './calibrate';
import { convertModel } from './convert';
import { openDataset } from './data';
import { evaluateModel } from './evaluate';
import { jobContext } from './job';
import { openModel } from './open';

/** SHA-256 over the data in a structure: numbers, texts, maps, typed arrays to the bit. Functions hold no data of their own here. */
function digest(value: unknown): string {
  const hash = createHash('sha256');
  const seen = new Map<object, number>();
  const add = (x: unknown): void => {
    if (typeof x === 'function') return;
    if (typeof x !== 'object' || x === null) return void hash.update(`${typeof x}:${Object.is(x, -0) ? '-0' : String(x)};`);
    const known = seen.get(x);
    if (known !== undefined) return void hash.update(`#${known};`);
    seen.set(x, seen.size);
    if (ArrayBuffer.isView(x))
      return void hash.update(`${x.constructor.name}[`).update(new Uint8Array(x.buffer, x.byteOffset, x.byteLength));
    const entries: Iterable<readonly [unknown, unknown]> =
      x instanceof Map ? (x as Map<unknown, unknown>) : x instanceof Set ? [...(x as Set<unknown>)].entries() : Object.entries(x);
    hash.update('{');
    for (const [key, part] of entries) {
      add(key);
      add(part);
    }
    hash.update('}');
  };
  add(value);
  return hash.digest('hex');
}

/** What a canonical model holds: its graph and every constant that it has. */
function parts(c: CanonicalModel): unknown {
  const names = c.model.graph.nodes.flatMap((n) => n.inputs).filter((n): n is ValueName => n !== undefined);
  return [c.model.graph.nodes, c.model.graph.values, names.map((n) => c.constants(n))];
}

describe('evaluation', () => {
  test('the digest sees a bit that is flipped', () => {
    const data = new Int8Array(4);
    const tensor = { data, map: new Map([['a', [1, -0]]]) };
    const before = digest(tensor);
    data[3] = 1;
    expect(digest(tensor)).not.toBe(before);
    data[3] = 0;
    expect(digest(tensor)).toBe(before);
    expect(digest({ ...tensor, map: new Map([['a', [1, 0]]]) })).not.toBe(before);
  });

  test.each([
    ['minmax_channel+minmax', 8, 8],
    ['mse_channel+mse+bias-correction', 4, 4],
    ['smooth_channel+smooth+equalize', 4, 8],
  ])('%s W%iA%i: nothing that was converted or calibrated changes, and a second look sees the same', async (id, weights, activations) => {
    const ports = nodePorts((name) => name);
    const ctx = () => jobContext(ports);
    const recipe = parseRecipe(presetRecipe(presetOf(id), { weights, activations, residual: 8 }));
    const model = await openModel([resnet], undefined, ports, ctx());
    const calibration = await openDataset([calibrationData], preprocessing, model, ports);
    const source = await openDataset([testData], preprocessing, model, ports);
    const { shard } = await calibrateModel({ samples: 4, provider: 'wasm' }, model, calibration, ports, ctx());
    const known = {
      quantizers: builtInQuantizers,
      floatRun: undefined,
      finished: { weights: new Map(), steps: new Map(), blocks: new Map() },
    };
    const { converted } = await convertModel({ recipe, sampleIndex: 0, strict: false }, model, shard, calibration, known, ports, ctx());
    const { canonical, plan, integer, stats, tensors, sample } = converted;
    const qdq = qdqModel(canonical, plan, recipe);
    const look = () =>
      digest([parts(canonical), parts(model.canonical), plan, integer, stats, tensors, sample, shard, recipe, qdq, model.bytes]);

    const before = look();
    const evaluate = async (samples: number) => {
      const { wallMs: _, ...report } = await evaluateModel({ model, qdq, integer, source, samples }, ports, ctx());
      return report;
    };
    const first = await evaluate(4);
    expect(look()).toBe(before);
    await evaluate(2);
    expect(await evaluate(4)).toEqual(first);
    expect(look()).toBe(before);
  });
});
