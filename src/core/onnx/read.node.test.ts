import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRng } from '../base/rng';
import { CancelledError, StudioError } from '../base/errors';
import type { Model } from '../ir/model';
import { encode, floatInfo, holding, onnx, type OnnxTypes } from './oracle.fixture';
import { readModel } from './read';
import { decodeTensor } from './tensor-data';
import { concatBytes, utf8Encode } from '../base/bytes';

const root = join(import.meta.dirname, '../../..');
const bytesOfFile = (path: string): Uint8Array => new Uint8Array(readFileSync(join(root, path)));

interface Listed {
  readonly file: string;
  readonly ops?: Readonly<Record<string, number>>;
  readonly error?: string;
  readonly mentions?: string;
  readonly outside?: boolean;
}
const listing = JSON.parse(readFileSync(join(root, 'fixtures/models.json'), 'utf8')) as { models: readonly Listed[] };
// skeletons have no weights to read; those outside are counted where they become integers
const models = listing.models.filter((m) => m.outside !== true);

function failure(read: () => unknown): StudioError {
  try {
    read();
  } catch (e) {
    if (e instanceof StudioError && !(e instanceof CancelledError)) return e;
    throw e;
  }
  throw new Error('expected a failure');
}

function opCounts(m: Model): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const n of m.graph.nodes) counts[n.op] = (counts[n.op] ?? 0) + 1;
  return counts;
}

/** Everything that a whole file must decode to without another error than StudioError. */
function readWhole(bytes: Uint8Array): void {
  const m = readModel(bytes, 'x.onnx');
  for (const ref of m.graph.initializers.values()) decodeTensor(ref);
}

describe('the models of fixtures/models.json', () => {
  const inReader = ['empty-file', 'truncated', 'not-onnx', 'missing-external-data'];
  test.each(models.map((m) => [m.file, m] as const))('%s reads or fails as listed', (file, listed) => {
    const bytes = bytesOfFile(file);
    if (listed.error !== undefined && inReader.includes(listed.error)) {
      const e = failure(() => readModel(bytes, file));
      expect(e.code).toBe(listed.error);
      expect(e.message).toContain(listed.mentions);
    } else {
      const m = readModel(bytes, file);
      if (listed.ops) expect(opCounts(m)).toEqual(listed.ops);
    }
  });

  test.each(models.filter((m) => m.ops).map((m) => m.file))('%s reads as onnx-proto reads it', (file) => {
    const bytes = bytesOfFile(file);
    const ours = readModel(bytes, file);
    const theirs = onnx.ModelProto.decode(bytes);
    expect(ours.irVersion).toBe(Number(theirs.irVersion));
    const graph = theirs.graph as OnnxTypes.GraphProto;
    expect(ours.graph.nodes.map((n) => [n.op, n.inputs, n.outputs])).toEqual(graph.node.map((n) => [n.opType, n.input, n.output]));
    expect(new Set(ours.graph.nodes.map((n) => n.id)).size).toBe(ours.graph.nodes.length);
    expect([...ours.graph.initializers.keys()]).toEqual(graph.initializer.map((t) => t.name));
    for (const t of graph.initializer) {
      const got = decodeTensor(ours.graph.initializers.get(t.name as never) as never);
      expect(got.shape).toEqual((t.dims ?? []).map(Number));
      const raw = t.rawData as Uint8Array;
      expect(Buffer.compare(Buffer.from((got.data as Float32Array).slice().buffer), Buffer.from(raw))).toBe(0);
    }
    for (const [i, n] of graph.node.entries()) {
      for (const a of n.attribute ?? []) {
        const got = ours.graph.nodes[i]?.attrs[a.name as string];
        if (got?.type === 'ints') expect(got.value).toEqual((a.ints ?? []).map(Number));
        if (got?.type === 'int') expect(got.value).toBe(Number(a.i));
        if (got?.type === 'float') expect(got.value).toBe(a.f);
        expect(got).toBeDefined();
      }
    }
    const before = graph.input.filter((v) => !ours.graph.initializers.has(v.name as never));
    expect(ours.graph.inputs.map((v) => v.name)).toEqual(before.map((v) => v.name));
  });
});

describe('bytes that are wrong', () => {
  const good = bytesOfFile('fixtures/bad/good.onnx');

  test('a file cut off anywhere is truncated, or empty, and never taken for something else', () => {
    for (let k = 0; k < good.length; k++) {
      const e = failure(() => readModel(good.subarray(0, k), 'cut.onnx'));
      expect(e.code).toBe(k === 0 ? 'empty-file' : 'truncated');
      expect(e.message).toContain('cut.onnx');
    }
  });

  test('fields may come in any order, and are cut off in any order', () => {
    const version = good.subarray(0, 2); // ir_version
    const bytes = concatBytes([good.subarray(2), version]);
    expect(readModel(bytes, 'm.onnx').graph.nodes.length).toBe(2);
    expect(failure(() => readModel(good.subarray(2), 'cut.onnx')).code).toBe('truncated');
  });

  test('a sample cut off at every 997th byte is truncated', () => {
    const bytes = bytesOfFile('public/samples/resnet14_fashion.onnx');
    for (let k = 1; k < bytes.length - 20; k += 997)
      expect(failure(() => readModel(bytes.subarray(0, k), 'cut.onnx')).code).toBe('truncated');
  });

  test('flipped bytes give a model or a StudioError, soon', () => {
    const rng = createRng(11);
    const typed = holding([
      { name: 'a', dims: [3], dataType: 1, floatData: [1, 2, 3] },
      { name: 'b', dims: [2, 2], dataType: 7, int64Data: [1, -2, 3, 4] },
      { name: 'c', dims: [2], dataType: 8, stringData: [utf8Encode('x'), utf8Encode('yz')] },
    ]);
    for (const original of [good, typed]) {
      for (let round = 0; round < 20_000; round++) {
        const bytes = original.slice();
        for (let flips = rng.int(1, 4); flips > 0; flips--) bytes[rng.int(0, bytes.length - 1)] = rng.int(0, 255);
        try {
          readWhole(bytes);
        } catch (e) {
          if (!(e instanceof StudioError)) throw e;
        }
      }
    }
  });

  test('random bytes are no model', () => {
    const rng = createRng(5);
    for (let round = 0; round < 2000; round++) {
      const bytes = Uint8Array.from({ length: rng.int(1, 300) }, () => rng.int(0, 255));
      if (bytes[0] === 8) continue;
      expect(['not-onnx', 'truncated']).toContain(failure(() => readModel(bytes, 'r')).code);
    }
  });

  test.each([
    ['PK\x03\x04\x14\x00', 'a zip file'],
    ['PK\x03\x04\x14\x00...archive/data.pkl', 'a PyTorch checkpoint'],
    ['\x89PNG\r\n\x1a\n', 'a PNG image'],
    ['{"a": 1}', 'text (JSON)'],
    ['<!doctype html>', 'text (HTML or XML)'],
    ['2 dogs and a cat', 'text'],
    ['\nimport torch', 'text'],
    ['\x80\x02\x8a\nl\xfc', 'a Python pickle'],
    ['\x1c\x00\x00\x00TFL3', 'a TensorFlow Lite model'],
    ['\x40\x00\x00\x00\x00\x00\x00\x00{"w":{}}', 'a safetensors file'],
    ['\x00\x01\x02\x03', 'unknown bytes'],
  ])('%j is not ONNX but %s', (text, what) => {
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    const e = failure(() => readModel(bytes, 'some.onnx'));
    expect(e.code).toBe('not-onnx');
    expect(e.message).toContain(what);
    expect(e.message).toContain('some.onnx');
  });
});

describe('graphs', () => {
  const relu = (input: string, output: string, name = ''): OnnxTypes.INodeProto => ({
    opType: 'Relu',
    name,
    input: [input],
    output: [output],
  });
  const graph = (node: OnnxTypes.INodeProto[], output = 'y'): OnnxTypes.IGraphProto => ({
    name: 'g',
    node,
    input: [floatInfo('x', ['batch', 4])],
    output: [floatInfo(output, ['batch', 4])],
  });

  test('an unsorted file comes out sorted, a sorted one as it was', () => {
    const m = readModel(encode(graph([relu('b', 'y', 'third'), relu('x', 'a', 'first'), relu('a', 'b', 'second')])), 'm.onnx');
    expect(m.graph.nodes.map((n) => n.id)).toEqual(['first', 'second', 'third']);
    expect(m.graph.inputs[0]?.shape).toEqual(['batch', 4]);
    expect(m.name).toBe('m');
  });

  test.each([
    ['a cycle', [relu('b', 'a', 'one'), relu('a', 'b', 'two'), relu('b', 'y')], 'cycle', 'two'],
    ['a node that reads itself', [relu('y', 'y', 'self')], 'cycle', 'self'],
    ['a missing producer', [relu('nowhere', 'y', 'one')], 'Nothing produces an input', 'nowhere'],
    ['a missing output', [relu('x', 'z', 'one')], 'Nothing produces an output', 'tensor y'],
    ['two producers', [relu('x', 'y', 'one'), relu('x', 'y', 'two')], 'the other is one', 'two'],
    ['a node that writes to an input', [relu('x', 'x', 'one'), relu('x', 'y')], 'writes to an input', 'one'],
  ])('%s is a bad graph that is named', (_, nodes, what, name) => {
    const e = failure(() => readModel(encode(graph(nodes)), 'm.onnx'));
    expect(e.code).toBe('bad-graph');
    expect(e.message).toContain(what);
    expect(e.message).toContain(name);
  });

  test('ids are unique, absent inputs undefined, scopes read, old inputs that are initializers left out', () => {
    const named = { ...relu('x', 'a', 'same'), metadataProps: [] };
    const bytes = encode({
      ...graph([named, relu('a', 'b', 'same'), relu('b', 'c'), { opType: 'Clip', input: ['c', '', 'w'], output: ['y'] }]),
      input: [floatInfo('x', [4]), floatInfo('w', [])],
      initializer: [{ name: 'w', dims: [], dataType: 1, floatData: [6] }],
    });
    const m = readModel(bytes, 'm.onnx');
    expect(m.graph.nodes.map((n) => n.id)).toEqual(['same', 'same_1', 'Relu_2', 'Clip_3']);
    expect(m.graph.nodes[1]?.sources).toEqual(['same']);
    expect(m.graph.nodes[3]?.inputs).toEqual(['c', undefined, 'w']);
    expect(m.graph.inputs.map((v) => v.name)).toEqual(['x']);
  });

  test('a subgraph may use names of the graph around it, and others are missed', () => {
    const branch = (input: string): OnnxTypes.IGraphProto => ({ node: [relu(input, 'inner')], output: [{ name: 'inner' }] });
    const model = (input: string): Uint8Array =>
      encode({
        ...graph([
          { opType: 'If', name: 'choice', input: ['cond'], output: ['y'], attribute: [{ name: 'then_branch', type: 5, g: branch(input) }] },
          relu('x', 'a', 'first'),
        ]),
        initializer: [{ name: 'cond', dims: [], dataType: 9, int32Data: [1] }],
      });
    const m = readModel(model('a'), 'm.onnx');
    expect(m.graph.nodes.map((n) => n.id)).toEqual(['first', 'choice']);
    expect(m.graph.nodes[1]?.attrs['then_branch']?.type).toBe('graph');
    expect(failure(() => readModel(model('nowhere'), 'm.onnx')).message).toContain('nowhere');
  });
});

describe('external data', () => {
  const model = (offset: string, length: string | undefined, location = 'data/weights.bin'): Uint8Array =>
    holding([
      {
        name: 'w',
        dims: [3],
        dataType: 1,
        dataLocation: 1,
        externalData: [
          { key: 'location', value: location },
          { key: 'offset', value: offset },
          ...(length === undefined ? [] : [{ key: 'length', value: length }]),
        ],
      },
    ]);
  const data = new Uint8Array(new Float32Array([9, 1, 2, 3]).buffer);

  test.each(['data/weights.bin', './data/weights.bin', 'weights.bin', 'elsewhere/weights.bin'])('is found under %s', (key) => {
    const w = readModel(model('4', '12'), 'm.onnx', new Map([[key, data]])).graph.initializers.get('w' as never);
    expect(w && decodeTensor(w).data).toEqual(new Float32Array([1, 2, 3]));
    expect(w?.source.kind === 'raw' && w.source.bytes.buffer === data.buffer).toBe(true);
  });

  test('without a length the tensor takes what its shape needs', () => {
    const w = readModel(model('0', undefined), 'm.onnx', new Map([['weights.bin', data]])).graph.initializers.get('w' as never);
    expect(w && decodeTensor(w).data).toEqual(new Float32Array([9, 1, 2]));
  });

  test('missing, too short or contradicting files are told by name', () => {
    const missing = failure(() => readModel(model('0', '12'), 'm.onnx'));
    expect([missing.code, missing.fields.where?.value]).toEqual(['missing-external-data', 'w']);
    expect(missing.message).toContain('data/weights.bin');
    const short = failure(() => readModel(model('8', '12'), 'm.onnx', new Map([['weights.bin', data]])));
    expect([short.code, short.fields.where?.value, short.fields.where?.file]).toEqual(['truncated', 'w', 'data/weights.bin']);
    expect(failure(() => readModel(model('0', '8'), 'm.onnx', new Map([['weights.bin', data]]))).code).toBe('bad-shape');
    expect(failure(() => readModel(model('-4', '12'), 'm.onnx', new Map([['weights.bin', data]]))).code).toBe('bad-shape');
  });
});
