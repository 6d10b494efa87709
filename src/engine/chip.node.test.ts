// Traces, costs and dumps of a real converted network, as the page asks for them.
import { beforeAll, describe, expect, test } from 'vitest';
import { calibrationData, memoryEngine, preprocessing, resnet } from '../adapters/node/engine.fixture';
import { defaultRecipe, utf8Encode } from '../core/index';
import type { DumpOutcome, DumpResult } from './chip-api';
import { nextPosition } from './dumps';

const { engine } = memoryEngine();
beforeAll(async () => {
  await engine.open([resnet], {});
  await engine.useData([calibrationData], { role: 'calibration', preprocessing });
  await engine.calibrate({ samples: 4, provider: 'wasm' });
  await engine.convert(defaultRecipe, { sampleIndex: 0, strict: false });
});

const resultOf = (outcome: DumpOutcome | undefined): DumpResult => {
  if (outcome === undefined || !('result' in outcome)) throw new Error(JSON.stringify(outcome));
  return outcome.result;
};

async function mem(layer: string, edit: (lines: string[], first: number) => void): Promise<Uint8Array> {
  const { bytes } = await engine.tensorFile(layer, 'yq', 'mem');
  const lines = new TextDecoder().decode(bytes).split('\n');
  edit(
    lines,
    lines.findIndex((l) => !l.startsWith('//')),
  );
  return utf8Encode(lines.join('\n'));
}

describe('dumps', () => {
  test('several at once find their tensors by name; one that does not fit stops no other', async () => {
    const right = await mem('conv1', () => undefined);
    const wrong = await mem('layer1.0.conv1', (lines, first) => {
      lines[first + 785] = 'xx';
      lines[first + 2000] = lines[first + 2000] === '00' ? '03' : '00';
    });
    const outcomes = await engine.compareDumps([
      { name: 'conv1_yq.mem', data: right },
      { name: 'nothing_yq.mem', data: right },
      { name: 'layer1.0.conv1.mem', data: wrong },
    ]);
    expect(resultOf(outcomes[0])).toMatchObject({ id: 'conv1/yq', differing: 0, first: undefined, format: 'hex' });
    expect(outcomes[1]).toMatchObject({ name: 'nothing_yq.mem', error: { what: 'The dump has not the name of a tensor' } });
    const two = resultOf(outcomes[2]);
    expect(two).toMatchObject({ layer: 'layer1.0.conv1', role: 'yq', unknown: 1, first: { position: 785, index: [0, 1, 0, 1], got: 'x' } });
    expect(two.differing).toBe(2);

    const window = await engine.dumpWindow(two.id, [0, 1], { row: 0, rows: 2, column: 0, columns: 3 });
    expect([...window.marks]).toEqual([0, 2, 0, 0, 0, 0]);
    const next = (position: number, by: 1 | -1) => engine.nextMismatch(two.id, position, by).then((m) => m?.position);
    expect([await next(0, 1), await next(785, 1), await next(2000, 1), await next(785, -1), await next(900, -1)]).toEqual([
      785, 2000, 785, 2000, 785,
    ]);
    await engine.dropDumps([two.id]);
    await expect(engine.dumpWindow(two.id, [], { row: 0, rows: 1, column: 0, columns: 1 })).rejects.toThrow(/not there any more/);
  });

  test('dropped on a layer, the name does not matter', async () => {
    const data = await mem('fc', () => undefined);
    const [outcome] = await engine.compareDumps([{ name: 'out.hex', data }], { layer: 'fc', role: 'yq' });
    expect(resultOf(outcome)).toMatchObject({ id: 'fc/yq', differing: 0 });
    const [refused] = await engine.compareDumps([{ name: 'out.hex', data }], { layer: 'conv1', role: 'yq' });
    expect(refused).toMatchObject({ error: { what: 'A word of the dump is wider than the tensor', expected: '2 hex digits for 8 bits' } });
  });

  test('the next position goes around, whatever there is', () => {
    const all = Uint32Array.of(3, 7, 9);
    const expected = (position: number, by: 1 | -1): number =>
      by > 0 ? ([...all].find((p) => p > position) ?? 3) : ([...all].reverse().find((p) => p < position) ?? 9);
    for (let p = 0; p < 12; p++) for (const by of [1, -1] as const) expect(nextPosition(all, p, by)).toBe(expected(p, by));
    expect(nextPosition(new Uint32Array(0), 5, 1)).toBeUndefined();
  });
});

test('a trace ends with the element of the tensor', async () => {
  const trace = await engine.trace('layer2.0.add', [0, 3, 2, 1]);
  const { values } = await engine.tensorWindow('layer2.0.add', 'yq', [0, 3], { row: 2, rows: 1, column: 1, columns: 1 });
  expect(trace.lines.at(-1)?.value).toBe(BigInt(values[0] as number));
});

test('the costs of the network follow the memory', async () => {
  const small = await engine.hardware({ sramBytes: 16384, packing: 'packed' });
  const large = await engine.hardware({ sramBytes: 2 ** 20, packing: 'packed' });
  expect(large.dram.total).toBe(large.dram.least);
  expect(small.dram.total).toBeGreaterThan(large.dram.total);
  const conv = small.layers.find((l) => l.id === 'conv1');
  const detail = await engine.layer('conv1');
  expect(conv?.accumulator).toMatchObject({ seenBits: detail.accumulator?.seenBits, boundBits: detail.accumulator?.boundBits });
});
