import { describe, expect, test } from 'vitest';
import { nonlinearInput } from '../../exporters/nonlinear-bundle.fixture';
import { tinyModel } from '../../exporters/tiny-bundle.fixture';
import type { IntConstant, IntegerModel, IntOp, IntTensor, IntValue, QuantInfo } from '../../ir/integer-model';
import { rangeOf, signedBits } from '../../ir/int-tensor';
import { weightBytes } from '../layer-report';
import { hardwareCsv } from './csv';
import { hardwareReport } from './hardware-report';
import { liveBytes, spansOf } from './liveness';
import { scheduleOf, type Schedule } from './steps';
import { tiledReads, trafficOf } from './traffic';

const quant = (bits: number): QuantInfo => ({
  bits,
  signed: true,
  scale: Float32Array.of(1),
  axis: undefined,
  zeroPoint: 0,
  lo: -(2 ** (bits - 1)),
  hi: 2 ** (bits - 1) - 1,
});

/** A chain of products [1, n] x [n, m] with shortcuts: each op reads what it names; sizes are bytes of 8-bit integers. */
function network(
  layers: readonly { readonly reads: readonly string[]; readonly writes: string; readonly bytes: number; readonly weights?: number }[],
  input: number,
): IntegerModel {
  const values = new Map<string, IntValue>([['in', { name: 'in', dtype: 'int8', shape: [1, input], quant: quant(8) }]]);
  const constants = new Map<string, IntConstant>();
  const ops = layers.map(({ reads, writes, bytes, weights }): IntOp => {
    values.set(writes, { name: writes, dtype: 'int8', shape: [1, bytes], quant: quant(8) });
    const base = { name: `op ${writes}`, source: [], inputs: reads, output: writes, macs: weights ?? 0 };
    if (weights === undefined) return { ...base, kind: 'concat', attrs: { axis: 1 }, operands: reads };
    const weight = `w ${writes}`;
    constants.set(weight, { name: weight, dtype: 'int8', shape: [weights, 1], quant: quant(8), data: new Int8Array(weights) });
    const requant = { mul: '', shift: '', zeroPoint: 0, lo: -128, hi: 127 };
    const attrs = { transB: 0 } as const;
    return { ...base, kind: 'gemm', weight, bias: undefined, attrs, requant, acc: '', accumulator: { bound: '1', boundBits: 2 } };
  });
  const arithmetic = { rounding: 'half-up', multiplier: { kind: 'pow2' } } as const;
  return { arithmetic, inputs: ['in'], outputs: [(layers.at(-1) as { writes: string }).writes], values, constants, ops, islands: [] };
}

describe('memory over the schedule', () => {
  test('a shortcut stays alive until it is read, and nothing is computed in place', () => {
    const model = network(
      [
        { reads: ['in'], writes: 'a', bytes: 10, weights: 1 },
        { reads: ['a'], writes: 'b', bytes: 200, weights: 1 },
        { reads: ['b', 'a'], writes: 'c', bytes: 30 },
        { reads: ['c'], writes: 'd', bytes: 5, weights: 1 },
      ],
      100,
    );
    const report = hardwareReport(model, new Map(), { sramBytes: 1e6, packing: 'packed' });
    expect(report.layers.map((l) => l.live)).toEqual([110, 210, 240, 35]);
    expect(report.peak).toEqual({
      bytes: 240,
      layer: 'op c',
      tensors: [
        { value: 'b', bytes: 200 },
        { value: 'c', bytes: 30 },
        { value: 'a', bytes: 10 },
      ],
    });
  });

  /** By its definition: alive at a step is what was written by then and is read then or later. */
  function slowLive(schedule: Schedule, packing: 'packed' | 'stored'): number[] {
    const { steps, inputs, outputs } = schedule;
    const buffers = [...new Set([...inputs, ...steps.flatMap((s) => [...s.reads, s.writes])])];
    return steps.map((_, i) =>
      buffers
        .filter((b) => {
          const written = inputs.includes(b) || steps.slice(0, i + 1).some((s) => s.writes === b);
          const wanted =
            outputs.includes(b) ||
            steps.slice(i).some((s) => s.reads.includes(b)) ||
            steps[i]?.writes === b ||
            (inputs.includes(b) && i === 0);
          return written && wanted;
        })
        .reduce((sum, b) => sum + schedule.sizes(b)[packing], 0),
    );
  }

  test.each(['packed', 'stored'] as const)('equals a count by definition on whole networks, %s', async (packing) => {
    for (const model of [tinyModel().model, (await nonlinearInput()).integer]) {
      const schedule = scheduleOf(model);
      expect(liveBytes(schedule, spansOf(schedule), packing)).toEqual(slowLive(schedule, packing));
    }
  });

  test('a reshape is the same buffer, and moves nothing', () => {
    const { model } = tinyModel();
    const schedule = scheduleOf(model);
    const flatten = schedule.steps.find((s) => s.id === 'flatten');
    expect(flatten).toMatchObject({ reads: ['scores'], writes: 'scores' });
    expect(schedule.steps.find((s) => s.id === 'fc')?.reads).toEqual(['scores']);
    const report = hardwareReport(model, new Map(), { sramBytes: 1e6, packing: 'packed' });
    expect(report.layers.find((l) => l.id === 'flatten')).toMatchObject({ mode: 'free', dram: { constants: 0, read: 0, written: 0 } });
  });
});

describe('traffic', () => {
  const chain = network(
    [
      { reads: ['in'], writes: 'a', bytes: 40, weights: 100 },
      { reads: ['a'], writes: 'b', bytes: 30, weights: 400 },
      { reads: ['b', 'a'], writes: 'c', bytes: 20 },
    ],
    60,
  );
  const run = (sram: number) => trafficOf(scheduleOf(chain), sram, 'packed');

  test('where all fits, every byte moves once: the input in, the constants in, the output out', () => {
    const { total, least, steps } = run(1000);
    expect([total, least]).toEqual([60 + 100 + 400 + 20, 580]);
    expect(steps.map((s) => s.mode)).toEqual(['on-chip', 'on-chip', 'on-chip']);
  });

  test('constants that do not fit go through half of the memory once', () => {
    // 300: op b needs 40 + 30 + 400, but its activations fit 150
    const { total, steps } = run(300);
    expect(steps.map((s) => s.mode)).toEqual(['on-chip', 'weights-streamed', 'on-chip']);
    expect(total).toBe(580);
  });

  test('what fits in no way is tiled: the cheaper operand is read again for every part of the other', () => {
    // 120: op a needs 60 + 40 + 100 and its activations 100 > 60: tiled, halves of 60
    const { steps } = run(120);
    expect(steps[0]).toEqual({ mode: 'tiled', constants: 100, read: 60, written: 40 });
    // b: 40 + 30 > 60: tiled; a fits one half, so weights go through once
    expect(steps[1]).toEqual({ mode: 'tiled', constants: 400, read: 40, written: 30 });
    expect(steps[2]).toEqual({ mode: 'on-chip', constants: 0, read: 70, written: 20 });
    expect(tiledReads(60, 100, 10)).toEqual({ inputs: 60, weights: 600 });
    expect(tiledReads(600, 100, 50)).toEqual({ inputs: 1200, weights: 100 });
    expect(tiledReads(40, 400, 60)).toEqual({ inputs: 40, weights: 400 });
  });

  test('what is wanted last makes room, is written out once, and is read back once', () => {
    const model = network(
      [
        { reads: ['in'], writes: 'a', bytes: 50, weights: 1 },
        { reads: ['in'], writes: 'b', bytes: 50, weights: 1 },
        { reads: ['b'], writes: 'c', bytes: 60, weights: 1 },
        { reads: ['c', 'b'], writes: 'd', bytes: 10 },
        { reads: ['d', 'a'], writes: 'e', bytes: 10 },
      ],
      20,
    );
    const { steps, total } = trafficOf(scheduleOf(model), 130, 'packed');
    // c: 50 + 60 + 1 leaves 19, so that a (50) is written out; e reads it back
    expect(steps.map((s) => [s.read, s.written])).toEqual([
      [20, 0],
      [0, 0],
      [0, 50],
      [0, 0],
      [50, 10],
    ]);
    expect(total).toBe(20 + 3 + 50 + 50 + 10);
  });

  test('is never less than every byte once, and exactly that with enough memory', async () => {
    for (const model of [tinyModel().model, (await nonlinearInput('deferred')).integer, chain]) {
      const schedule = scheduleOf(model);
      const { least } = trafficOf(schedule, 1e9, 'packed');
      expect(trafficOf(schedule, 1e9, 'packed').total).toBe(least);
      for (let s = 2; s < 5000; s = Math.ceil(s * 1.3)) {
        const t = trafficOf(schedule, s, 'packed');
        expect(t.total).toBeGreaterThanOrEqual(least);
        expect(t.steps.reduce((n, x) => n + x.constants + x.read + x.written, 0)).toBe(t.total);
      }
    }
    expect(() => run(0)).toThrow(/too small/);
  });
});

describe('a report', () => {
  const { model, tensors } = tinyModel();
  const report = hardwareReport(model, tensors, { sramBytes: 1000, packing: 'packed', widths: [8, 12, 16] });

  test('counts the outputs that narrower accumulators cannot hold, one by one', () => {
    let counted = 0;
    for (const layer of report.layers) {
      const op = model.ops.find((o) => o.name === layer.id) as IntOp;
      if (!('acc' in op) || op.acc === undefined) continue;
      const acc = tensors.get(op.acc) as IntTensor;
      const { min, max } = rangeOf(acc.data);
      const all = Array.from(acc.data as Int32Array, BigInt);
      expect(layer.accumulator).toMatchObject({
        seenMin: Number(min),
        seenMax: Number(max),
        seenBits: signedBits({ min, max }),
        elements: all.length,
      });
      expect(layer.accumulator?.overflows).toEqual([8, 12, 16].map((bits) => all.filter((v) => BigInt.asIntN(bits, v) !== v).length));
      counted++;
    }
    expect(counted).toBe(6);
    expect(report.layers.some((l) => (l.accumulator?.overflows[0] ?? 0) > 0)).toBe(true);
  });

  test('has the weight bytes of the conversion, each constant once', () => {
    expect(report.weights.packed).toBe(weightBytes(model));
    const conv = report.layers[0];
    expect(conv).toMatchObject({ id: 'layer1.0.conv1', input: { packed: 126, stored: 126 }, output: { packed: 48, stored: 48 } });
    expect(conv?.weights.stored).toBe(4 * 27 + 4 * 4);
    const narrow = report.layers.find((l) => l.id === 'narrow.rq5');
    expect(narrow?.output).toEqual({ packed: 20, stored: 32 });
  });

  test('sweeps the memory until every byte moves once', () => {
    expect(report.sweep.at(-1)?.total).toBe(report.dram.least);
  });

  test.each([1000, 2 ** 14, 300_000, 2 ** 22])('the size that was asked for, %i bytes, is on the sweep, in order', (sramBytes) => {
    const asked = hardwareReport(model, tensors, { sramBytes, packing: 'packed', widths: [8] });
    const sizes = asked.sweep.map((s) => s.sramBytes);
    expect(sizes).toContain(sramBytes);
    expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b));
    expect(asked.sweep.find((s) => s.sramBytes === sramBytes)?.total).toBe(asked.dram.total);
    expect(asked.sweep.at(-1)?.total).toBe(asked.dram.least);
  });

  test('as CSV: one row per layer, as many cells in each', () => {
    const rows = hardwareCsv(report).trimEnd().split('\r\n');
    expect(rows).toHaveLength(model.ops.length + 1);
    for (const row of rows) expect(row.split(',')).toHaveLength((rows[0] as string).split(',').length);
    expect(rows[1]).toMatch(/^layer1\.0\.conv1,conv,1,32,/);
  });
});
