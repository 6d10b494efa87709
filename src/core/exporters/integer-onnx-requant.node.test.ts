import { describe, expect, test } from 'vitest';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import { multiplier, requantizeOne } from '../base/fixed-point';
import { createRng } from '../base/rng';
import type { IntegerModel, Rounding } from '../ir/integer-model';
import type { ValueName } from '../ir/model';
import { writeModel } from '../onnx/write';
import { IntegerGraph } from './integer-onnx-graph';
import { mulShift } from './integer-onnx-requant';

const runner = nodeRunner();
const modes: readonly Rounding[] = ['half-up', 'half-even', 'half-away', 'floor'];
const clamp = { zeroPoint: -7, lo: -30000, hi: 32000 };
const zero = 5;

interface Channel {
  readonly M: number;
  readonly n: number;
}

/** Runs every channel's MulShift on a row of accumulators; also the operators that it took. */
async function inRuntime(rounding: Rounding, channels: readonly Channel[], bound: bigint, accs: readonly Int32Array[]) {
  const rows = accs[0]?.length ?? 0;
  const quant = { bits: 16, signed: true, scale: Float32Array.of(1), axis: undefined, zeroPoint: -7, lo: -32768, hi: 32767 };
  const shape = [channels.length, rows];
  const model: IntegerModel = {
    arithmetic: { rounding, multiplier: { kind: 'pow2' } },
    inputs: [],
    outputs: [],
    values: new Map([['y', { name: 'y', dtype: 'int16', shape, quant }]]),
    constants: new Map(),
    ops: [],
    islands: [],
  };
  const g = new IntegerGraph(model, 13);
  g.declare('acc', 'int32');
  const mul = channels.map((c) => BigInt(c.M));
  const shift = channels.map((c) => c.n);
  mulShift(g, 'acc' as ValueName, zero, bound, { mul, shift, shape: [channels.length, 1] }, clamp, 'op', 'y');
  const info = (name: string) => ({ name: name as ValueName, dtype: 'int32', shape }) as const;
  const graph = { name: 'g', nodes: g.made.nodes, inputs: [info('acc')], outputs: [info('y')], initializers: g.made.initializers };
  const bytes = writeModel({
    name: '',
    irVersion: 7,
    opsets: { '': 13 },
    producer: '',
    graph: { ...graph, values: new Map() },
    provenance: [],
  });
  const session = await runner.load(bytes, { provider: 'wasm' });
  const data = Int32Array.from(accs.flatMap((a) => [...a]));
  const [y] = await session.run([{ name: 'acc', dtype: 'int32', shape, data }], ['y']);
  await session.close();
  return { y: y?.data as Int32Array, ops: g.made.nodes.map((n) => n.op) };
}

/** Accumulators with |acc - zero| <= bound: ends, small ones, random ones, and those that give ties and their neighbours. */
function hardAccumulators({ M, n }: Channel, bound: number, seed: number): Int32Array {
  const rng = createRng(seed);
  const out: number[] = [zero - bound, zero + bound, zero];
  for (let i = -120; i <= 120; i++) out.push(zero + i);
  for (let i = 0; i < 400; i++) out.push(zero + rng.int(-bound, bound));
  // (acc - zero) * M = (k + 1/2) * 2^n where M divides it, else near it
  for (let i = 0; i < 300; i++) {
    const near = Math.round(((rng.int(-40000, 40000) + 0.5) * 2 ** n) / (M === 0 ? 1 : M));
    for (const d of [-1, 0, 1]) if (Math.abs(near + d) <= bound) out.push(zero + near + d);
  }
  while (out.length < 1600) out.push(zero);
  return Int32Array.from(out);
}

async function check(rounding: Rounding, channels: readonly Channel[], bound: number): Promise<string[]> {
  const accs = channels.map((c, i) => hardAccumulators(c, bound, i + 1));
  const { y, ops } = await inRuntime(rounding, channels, BigInt(bound), accs);
  channels.forEach((c, i) => {
    const rows = accs[i] as Int32Array;
    const want = Array.from(rows, (acc) => requantizeOne(acc - zero, { ...c, ...clamp, mode: rounding }));
    expect([...y.subarray(i * rows.length, (i + 1) * rows.length)], `${rounding}, M ${c.M}, n ${c.n}`).toEqual(want);
  });
  return ops;
}

describe.each(modes)('%s', (rounding) => {
  test('powers of two, ties at every shift', async () => {
    const channels = Array.from({ length: 31 }, (_, n) => ({ M: n % 5 === 4 ? -1 : 1, n }));
    await check(rounding, channels, 2 ** 31 - 8);
  });

  test('multipliers as the converter makes them', async () => {
    const rng = createRng(4);
    const channels = Array.from({ length: 30 }, (_, i) => {
      const scale = (i % 7 === 6 ? -1 : 1) * rng.uniform() * 2 ** rng.int(-22, 1);
      return multiplier(scale, { kind: 'normalized', bits: [8, 16, 24, 31][i % 4] as number });
    });
    await check(rounding, [...channels, { M: 0, n: 0 }], 2 ** 27);
  });

  test('products that fill 63 bits, where a positive dividend has no room', async () => {
    const bound = 2 ** 31 - 8;
    const ops = await check(
      rounding,
      [
        { M: 2 ** 31 - 1, n: 62 },
        { M: -(2 ** 31) + 1, n: 50 },
        { M: 1, n: 62 },
        { M: 3, n: 0 },
      ],
      bound,
    );
    if (rounding !== 'half-away') expect(ops).toContain('Mod');
  });
});
