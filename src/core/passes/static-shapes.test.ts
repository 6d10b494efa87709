import { describe, expect, test } from 'vitest';
import type { Warning } from '../base/context';
import { StudioError } from '../base/errors';
import { createRng } from '../base/rng';
import type { Dim } from '../ir/model';
import { inputShapes, shapesFromSamples, type ChosenShapes } from './static-shapes';
import { canonical, ints, modelOf, random, type ModelSketch, type SketchNode } from './sketch.fixture';

function shapes(inputs: Readonly<Record<string, readonly Dim[]>>, chosen: ChosenShapes = {}): Record<string, readonly number[]> {
  return Object.fromEntries(inputShapes(modelOf({ inputs, outputs: 'y', nodes: [] }), chosen));
}

function failure(inputs: Readonly<Record<string, readonly Dim[]>>, chosen: ChosenShapes = {}): StudioError {
  try {
    shapes(inputs, chosen);
  } catch (e) {
    if (e instanceof StudioError) return e;
  }
  throw new Error('the shapes were accepted');
}

describe('one sample at a time', () => {
  test('a dynamic first axis is 1, and so is every axis of its name', () => {
    expect(shapes({ x: ['batch', 3, 8, 8] })).toEqual({ x: [1, 3, 8, 8] });
    expect(shapes({ x: [undefined, 3], m: [0, 3] })).toEqual({ x: [1, 3], m: [1, 3] });
    expect(shapes({ x: ['N', 3], m: [3, 'N'] })).toEqual({ x: [1, 3], m: [3, 1] });
    expect(shapes({ x: [1, 3, 8, 8] })).toEqual({ x: [1, 3, 8, 8] });
  });

  test('the batch is where its name is, not always first', () => {
    expect(shapes({ x: ['seq', 'batch_size', 16] }, { x: [12, 1, 16] })).toEqual({ x: [12, 1, 16] });
    const e = failure({ x: ['seq', 'batch_size', 16] });
    expect(e.message).toContain('open: seq');
    expect(e.message).not.toContain('open: seq, batch_size');
  });

  test('a chosen shape also names extents of other inputs', () => {
    const bert = { ids: ['batch', 'seq'], mask: ['batch', 'seq'], types: ['batch', 'seq'] };
    expect(shapes(bert, { ids: [1, 64] })).toEqual({ ids: [1, 64], mask: [1, 64], types: [1, 64] });
    expect(failure(bert, { ids: [1, 64], mask: [1, 32] }).code).toBe('bad-shape');
  });

  test('samples say what the model leaves open, and nothing else', () => {
    const model = modelOf({ inputs: { ids: ['batch', 'seq'], mask: ['batch', 'seq'], x: [undefined, 3] }, outputs: 'y', nodes: [] });
    const samples = new Map([
      ['ids', [1, 64]],
      ['mask', [1, 64]],
      ['x', [1, 5]],
      ['y', [1]],
    ]);
    expect(shapesFromSamples(model, {}, samples)).toEqual({ ids: [1, 64] });
    expect(shapesFromSamples(model, { mask: [1, 32] }, samples)).toEqual({ mask: [1, 32] });
    expect(shapesFromSamples(model, {}, new Map([['ids', [1, 64, 2]]]))).toEqual({});
    const image = modelOf({ inputs: { x: ['b', 3, 'h', 'w'] }, outputs: 'y', nodes: [] });
    expect(shapesFromSamples(image, {}, new Map([['x', [1, 8, 8, 3]]]))).toEqual({});
    expect(shapesFromSamples(image, {}, new Map([['x', [1, 3, 8, 8]]]))).toEqual({ x: [1, 3, 8, 8] });
    expect(shapesFromSamples(modelOf({ inputs: { ids: ['b', 'seq'] }, outputs: 'y', nodes: [] }), {}, new Map())).toEqual({});
  });

  test('open axes are asked for by name, with an example that can be copied', () => {
    const e = failure({ x: ['batch', 3, 'height', undefined] });
    expect(e.code).toBe('dynamic-shape');
    expect(e.fields.where?.value).toBe('x');
    expect(e.message).toContain('height, axis 3');
    expect(e.message).toContain('[batch, 3, height, ?]');
    expect(e.message).toContain('--shape x=1x3x224x224');
  });

  test('choices are held to the model', () => {
    const x = { x: ['batch', 3, 'h', 'w'] };
    expect(failure(x, { y: [1, 3, 8, 8] }).code).toBe('bad-usage');
    expect(failure(x, { y: [1] }).message).toContain('no input y');
    expect(failure(x, { x: [1, 3, 8] }).code).toBe('bad-shape');
    expect(failure(x, { x: [1, 4, 8, 8] }).message).toContain('axis 1 is 3');
    expect(failure(x, { x: [1, 3, 8, 0] }).code).toBe('bad-shape');
    expect(failure(x, { x: [1, 3, 8, 2.5] }).code).toBe('bad-shape');
  });
});

describe('a static batch of several samples', () => {
  const rng = createRng(3);
  const constants = { w: random(rng, [4, 3, 3, 3]), fc: random(rng, [16, 5]), flat: ints(0, -1), eight: ints(8, -1), rows: ints(1, 0) };
  const model = (...nodes: readonly SketchNode[]): ModelSketch => ({
    inputs: { x: [8, 3, 4, 4] },
    outputs: 'y',
    constants,
    nodes: [{ op: 'Conv', in: 'x w', out: 'c' }, ...nodes],
  });

  async function batchOf(s: ModelSketch): Promise<[unknown, string[]]> {
    const warnings: Warning[] = [];
    const c = await canonical(s, {}, warnings);
    return [c.model.graph.inputs[0]?.shape?.[0], warnings.map((w) => w.code)];
  }

  test('is cut to one where the graph goes along', async () => {
    expect(await batchOf(model({ op: 'Reshape', in: 'c flat', out: 'r' }, { op: 'MatMul', in: 'r fc', out: 'y' }))).toEqual([
      1,
      ['batch-cut'],
    ]);
  });

  test('stays where the graph has the number built in, or mixes samples', async () => {
    expect(await batchOf(model({ op: 'Reshape', in: 'c eight', out: 'r' }, { op: 'MatMul', in: 'r fc', out: 'y' }))).toEqual([
      8,
      ['fixed-batch'],
    ]);
    expect(await batchOf(model({ op: 'ReduceMean', in: 'c', out: 'y', attrs: { axes: [0] } }))).toEqual([8, ['fixed-batch']]);
    const transposed: SketchNode[] = [
      { op: 'Reshape', in: 'c flat', out: 'r' },
      { op: 'Transpose', in: 'r', out: 't', attrs: { perm: [1, 0] } },
      { op: 'MatMul', in: 'r t', out: 'y' },
    ];
    expect(await batchOf(model(...transposed))).toEqual([8, ['fixed-batch']]);
  });

  test('one that the user chose is taken as it is', async () => {
    const warnings: Warning[] = [];
    const c = await canonical(model({ op: 'Flatten', in: 'c', out: 'y' }), { shapes: { x: [8, 3, 4, 4] } }, warnings);
    expect(c.model.graph.inputs[0]?.shape).toEqual([8, 3, 4, 4]);
    expect(warnings).toEqual([]);
  });
});
