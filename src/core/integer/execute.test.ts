import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import type { IntTensor } from '../ir/integer-model';
import { execute } from './execute';
import { accumulator, base, Bench, seeds, size } from './execute/bench.fixture';

describe('the executor agrees with the slow reading, element by element', () => {
  test.each(seeds(60))('conv %i', async (seed) => {
    const b = new Bench(seed);
    const { rng } = b;
    const rank = rng.int(0, 3) === 0 ? 1 : 2;
    const group = rng.int(0, 2) === 0 ? rng.int(2, 4) : 1;
    const perGroup = rng.int(0, 1) === 0 ? 1 : rng.int(1, 5);
    const outputs = group * rng.int(1, 6);
    const kernel = Array.from({ length: rank }, () => rng.int(1, 3));
    const strides = kernel.map(() => rng.int(1, 3));
    const dilations = kernel.map(() => rng.int(1, 2));
    const pads = [...kernel, ...kernel].map(() => rng.int(0, 2));
    const spatial = kernel.map((k, i) => rng.int((k - 1) * (dilations[i] as number) + 1, 8));
    const out = spatial.map((d, i) => {
      const room = d + (pads[i] as number) + (pads[rank + i] as number) - (dilations[i] as number) * ((kernel[i] as number) - 1) - 1;
      return Math.floor(room / (strides[i] as number)) + 1;
    });
    b.input('x', [rng.int(1, 2), group * perGroup, ...spatial]);
    const k = perGroup * size(kernel);
    b.constant('w', [outputs, perGroup, ...kernel], -127, 127);
    const quant = b.output([(b.tensors.get('x') as IntTensor).shape[0] as number, outputs, ...out]);
    const bias = rng.int(0, 1) === 0 ? undefined : b.constant('bias', [outputs], -(2 ** 30), 2 ** 30);
    const requant = b.requant(rng.int(0, 2) === 0 ? 1 : outputs, quant, 8000 * k);
    await b.check({
      ...base,
      kind: 'conv',
      weight: 'w',
      bias,
      attrs: { strides, pads, dilations, group },
      requant,
      acc: 'acc',
      accumulator,
    });
  });

  test.each([3, 700, 5000])('conv over %i channels, on both sides of the paired sums', async (channels) => {
    const b = new Bench(channels);
    b.input('x', [1, channels, 2, 3]);
    b.constant('w', [5, channels, 1, 1], -127, 127);
    const quant = b.output([1, 5, 2, 3]);
    const requant = b.requant(5, quant, 8000 * channels);
    const attrs = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 };
    await b.check({ ...base, kind: 'conv', weight: 'w', bias: undefined, attrs, requant, acc: 'acc', accumulator });
  });

  test.each(seeds(40))('gemm and matmul %i', async (seed) => {
    const b = new Bench(seed);
    const { rng } = b;
    const [K, N] = [rng.int(1, 40), rng.int(1, 9)];
    const lead = Array.from({ length: rng.int(1, 3) }, () => rng.int(1, 4));
    b.input('x', [...lead, K]);
    const transB = rng.int(0, 1) as 0 | 1;
    b.constant('w', transB === 1 ? [N, K] : [K, N], -127, 127);
    const quant = b.output([...lead, N]);
    const bias = rng.int(0, 1) === 0 ? undefined : b.constant('bias', [N], -(2 ** 30), 2 ** 30);
    const requant = b.requant(rng.int(0, 2) === 0 ? 1 : N, quant, 8000 * K);
    await b.check({
      ...base,
      kind: lead.length === 1 ? 'gemm' : 'matmul',
      weight: 'w',
      bias,
      attrs: { transB },
      requant,
      acc: 'acc',
      accumulator,
    });
  });

  test.each(seeds(30))('activation times activation %i', async (seed) => {
    const b = new Bench(seed);
    const { rng } = b;
    const [M, K, N] = [rng.int(1, 5), rng.int(1, 20), rng.int(1, 5)];
    const lead = [rng.int(1, 3), rng.int(1, 3)];
    const some = (): number[] => lead.slice(rng.int(0, 2)).map((d) => (rng.int(0, 2) === 0 ? 1 : d));
    const [la, lb] = [rng.int(0, 1) === 0 ? lead : some(), lead];
    b.input('x', [...la, M, K]);
    const transB = rng.int(0, 1) as 0 | 1;
    b.input('z', transB === 1 ? [...lb, N, K] : [...lb, K, N]);
    const quant = b.output([...lead, M, N]);
    const requant = b.requant(1, quant, 8000 * K);
    await b.check({
      ...base,
      inputs: ['x', 'z'],
      kind: 'matmul',
      weight: undefined,
      bias: undefined,
      attrs: { transB },
      requant,
      acc: 'acc',
      accumulator,
    });
  });

  test.each(seeds(40))('add, sub and mul with broadcasting %i', async (seed) => {
    const b = new Bench(seed);
    const { rng } = b;
    const shape = Array.from({ length: rng.int(1, 4) }, () => rng.int(1, 4));
    const other = rng.int(0, 1) === 0 ? shape : shape.slice(rng.int(0, shape.length)).map((d) => (rng.int(0, 1) === 0 ? 1 : d));
    const qa = b.input('x', shape, rng.int(0, 2) === 0 ? 16 : 8);
    const constant = rng.int(0, 2) === 0;
    const qb = constant ? undefined : b.input('z', other, rng.int(0, 2) === 0 ? 16 : 8);
    if (constant) b.constant('z', other, -127, 127);
    const q = b.output(shape);
    const inputs = constant ? ['x'] : ['x', 'z'];
    if (rng.int(0, 1) === 0) {
      const add = { mulA: rng.int(-32767, 32767), mulB: rng.int(-(2 ** 31) + 1, 2 ** 31 - 1), shift: rng.int(0, 62) };
      const rest = { zeroPointA: qa.zeroPoint, zeroPointB: qb?.zeroPoint ?? 0, zeroPoint: q.zeroPoint, lo: q.lo, hi: q.hi };
      await b.check({ ...base, inputs, kind: rng.int(0, 1) === 0 ? 'add' : 'sub', operands: ['x', 'z'], add: { ...add, ...rest } });
    } else {
      const requant = b.requant(1, q, 16000);
      await b.check({ ...base, inputs, kind: 'mul', operands: ['x', 'z'], zeroPoints: [qa.zeroPoint, qb?.zeroPoint ?? 0], requant });
    }
  });

  test.each(seeds(20))('tables and changes of quantizer %i', async (seed) => {
    const b = new Bench(seed);
    const q = b.input('x', [3, 50], seed % 3 === 0 ? 12 : 8);
    const out = b.output([3, 50]);
    if (seed % 2 === 0) {
      b.constant('table', [2 ** q.bits], out.lo, out.hi);
      await b.check({ ...base, kind: 'lut', lut: { table: 'table', offset: q.lo, fn: 'random' } });
    } else {
      await b.check({ ...base, kind: 'requant', requant: b.requant(1, out, 128) });
    }
  });

  test.each(seeds(60))('pools %i', async (seed) => {
    const b = new Bench(seed);
    const { rng } = b;
    const rank = rng.int(1, 2);
    const kernel = Array.from({ length: rank }, () => rng.int(1, 3));
    const strides = kernel.map(() => rng.int(1, 3));
    const dilations = kernel.map(() => rng.int(1, 2));
    const pads = [...kernel, ...kernel].map((k) => rng.int(0, k - 1));
    const spatial = kernel.map((k, i) => rng.int((k - 1) * (dilations[i] as number) + 1, 8));
    const out = spatial.map((d, i) => {
      const room = d + (pads[i] as number) + (pads[rank + i] as number) - (dilations[i] as number) * ((kernel[i] as number) - 1) - 1;
      return Math.ceil(room / (strides[i] as number)) + 1; // as with ceil mode: the last window may hang over
    });
    const q = b.input('x', [1, 3, ...spatial]);
    const pool = { kernel, strides, pads, dilations, ceilMode: 1, countIncludePad: 0 } as const;
    if (rng.int(0, 1) === 0) {
      b.output([1, 3, ...out], q);
      await b.check({
        ...base,
        kind: 'pool',
        pool: { kind: 'max', ...pool },
        requant: undefined,
        index: undefined,
        acc: undefined,
        accumulator: undefined,
      });
    } else {
      const quant = b.output([1, 3, ...out]);
      const varied = rng.int(0, 1) === 0;
      const requant = b.requant(varied ? 3 : 1, quant, 1000);
      const index = varied ? b.constant('index', out, 0, 2) : undefined;
      await b.check({ ...base, kind: 'pool', pool: { kind: 'avg', ...pool }, requant, index, acc: 'acc', accumulator });
    }
  });

  test.each(seeds(30))('means over axes %i', async (seed) => {
    const b = new Bench(seed);
    const shape = Array.from({ length: b.rng.int(1, 4) }, () => b.rng.int(1, 5));
    b.input('x', shape);
    const axes = shape.map((_, i) => i).filter(() => b.rng.int(0, 1) === 0);
    const keepdims = b.rng.int(0, 1) as 0 | 1;
    const out = keepdims === 1 ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : shape.filter((_, i) => !axes.includes(i));
    const quant = b.output(out);
    await b.check({ ...base, kind: 'reduce', attrs: { axes, keepdims }, requant: b.requant(1, quant, 500), acc: 'acc', accumulator });
  });

  test.each(seeds(60))('moves %i', async (seed) => {
    const b = new Bench(seed);
    const { rng } = b;
    const shape = Array.from({ length: rng.int(1, 4) }, () => rng.int(1, 5));
    const axes = shape.map((_, i) => i);
    const q = b.input('x', shape);
    const kind = (['reshape', 'transpose', 'concat', 'slice', 'pad', 'expand', 'gather'] as const)[seed % 7];
    if (kind === 'reshape') {
      b.output([size(shape)], q);
      await b.check({ ...base, kind, attrs: {} });
    } else if (kind === 'transpose') {
      const perm = [...axes].sort(() => rng.uniform() - 0.5);
      b.output(
        perm.map((i) => shape[i] as number),
        q,
      );
      await b.check({ ...base, kind, attrs: { perm } });
    } else if (kind === 'concat') {
      const axis = rng.int(0, shape.length - 1);
      const second = shape.with(axis, rng.int(1, 4));
      b.constant('c', second, q.lo, q.hi);
      b.output(shape.with(axis, 2 * (shape[axis] as number) + (second[axis] as number)), q);
      await b.check({ ...base, kind, attrs: { axis }, operands: ['x', 'c', 'x'] });
    } else if (kind === 'slice') {
      const starts = shape.map((d) => rng.int(-d, d - 1));
      const steps = shape.map(() => (rng.int(0, 1) === 0 ? 1 : rng.int(0, 1) === 0 ? 2 : -1));
      const ends = shape.map((_, i) => ((steps[i] as number) > 0 ? 1000 : -1000));
      const out = shape.map((d, i) => {
        const from = (starts[i] as number) < 0 ? (starts[i] as number) + d : (starts[i] as number);
        return (steps[i] as number) > 0 ? Math.ceil((d - from) / (steps[i] as number)) : from + 1;
      });
      b.output(out, q);
      await b.check({ ...base, kind, attrs: { starts, ends, axes, steps } });
    } else if (kind === 'pad') {
      const mode = (['constant', 'reflect', 'edge'] as const)[rng.int(0, 2)] as 'constant';
      const reach = (d: number): number =>
        mode === 'constant' ? rng.int(-Math.floor((d - 1) / 2), 3) : rng.int(0, mode === 'edge' ? 3 : d - 1);
      const pads = [...shape.map(reach), ...shape.map(reach)];
      b.output(
        shape.map((d, i) => d + (pads[i] as number) + (pads[shape.length + i] as number)),
        q,
      );
      await b.check({ ...base, kind, attrs: { pads, mode, value: q.zeroPoint } });
    } else if (kind === 'expand') {
      b.output([2, ...shape.map((d) => (d === 1 ? rng.int(1, 3) : d))], q);
      await b.check({ ...base, kind, attrs: {} });
    } else if (kind === 'gather') {
      const axis = rng.int(0, shape.length - 1);
      const d = shape[axis] as number;
      const indexShape = [[], [3], [2, 2]][rng.int(0, 2)] as number[];
      b.constant('i', indexShape, -d, d - 1);
      b.output([...shape.slice(0, axis), ...indexShape, ...shape.slice(axis + 1)], q);
      await b.check({ ...base, kind, attrs: { axis, indices: 'i' } });
    }
  });
});

test('inputs that do not fit are refused by name', async () => {
  const b = new Bench(1);
  b.input('x', [2]);
  b.output([2]);
  const model = b.model();
  await expect(execute(model, new Map(), { keep: 'all' }, quietContext())).rejects.toThrow(/tensor x/);
  const wrong = new Map([['x', { dtype: 'int32' as const, shape: [2], data: new Int32Array(2) }]]);
  await expect(execute(model, wrong, { keep: 'all' }, quietContext())).rejects.toThrow(/does not fit/);
});

test('a cancelled run stops', async () => {
  const b = new Bench(2);
  const q = b.input('x', [2]);
  b.output([2], q);
  const model = b.model([{ ...base, kind: 'reshape', attrs: {} }]);
  const ctx = { ...quietContext(), signal: { aborted: true } };
  await expect(execute(model, b.tensors, { keep: 'all' }, ctx)).rejects.toThrow(/cancelled/);
});
