import { describe, test } from 'vitest';
import { OneOp, opBase as base } from './integer-onnx.fixture';

const size = (d: readonly number[]): number => d.reduce((a, b) => a * b, 1);
const seeds = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('every op in ONNX Runtime gives the integers of the exact executor', () => {
  test.each(seeds(28))('conv %i', async (seed) => {
    const b = new OneOp(seed);
    const { rng } = b;
    const rank = rng.int(0, 3) === 0 ? 1 : 2;
    const group = rng.int(0, 2) === 0 ? rng.int(2, 4) : 1;
    const perGroup = rng.int(0, 1) === 0 ? 1 : rng.int(1, 5);
    const outputs = group * rng.int(1, 6);
    const kernel = Array.from({ length: rank }, () => rng.int(1, 3));
    const strides = kernel.map(() => rng.int(1, 3));
    const dilations = kernel.map(() => rng.int(1, 2));
    const pads = [...kernel, ...kernel].map(() => rng.int(seed % 5 === 0 ? -1 : 0, 2));
    const spatial = kernel.map((k, i) => rng.int((k - 1) * (dilations[i] as number) + 3, 9));
    const out = spatial.map((d, i) => {
      const room = d + (pads[i] as number) + (pads[rank + i] as number) - (dilations[i] as number) * ((kernel[i] as number) - 1) - 1;
      return Math.floor(room / (strides[i] as number)) + 1;
    });
    const batch = rng.int(1, 2);
    b.input('x', [batch, group * perGroup, ...spatial], rng.int(0, 4) === 0 ? rng.int(9, 12) : rng.int(2, 8));
    b.weight('w', [outputs, perGroup, ...kernel]);
    const shape = [batch, outputs, ...out];
    const acc = b.accumulator(shape);
    const quant = b.output(shape);
    const bias = b.bias(outputs);
    const bound = b.bound('x', 'w', bias, (i) => Math.floor(i / (perGroup * size(kernel))));
    const requant = b.requant(rng.int(0, 2) === 0 ? 1 : outputs, quant, bound);
    const accumulator = { bound: String(bound), boundBits: 32 };
    await b.check({ ...base, kind: 'conv', weight: 'w', bias, attrs: { strides, pads, dilations, group }, requant, acc, accumulator });
  });

  test.each(seeds(20))('gemm and matmul %i', async (seed) => {
    const b = new OneOp(seed);
    const { rng } = b;
    const [K, N] = [rng.int(1, 40), rng.int(1, 9)];
    const shape = Array.from({ length: rng.int(1, 3) }, () => rng.int(1, 4));
    b.input('x', [...shape, K], rng.int(0, 3) === 0 ? rng.int(9, 16) : rng.int(2, 8));
    const transB = rng.int(0, 1) as 0 | 1;
    b.weight('w', transB === 1 ? [N, K] : [K, N]);
    const acc = b.accumulator([...shape, N]);
    const quant = b.output([...shape, N]);
    const bias = b.bias(N);
    const bound = b.bound('x', 'w', bias, (i) => (transB === 1 ? Math.floor(i / K) : i % N));
    const requant = b.requant(rng.int(0, 2) === 0 ? 1 : N, quant, bound);
    const accumulator = { bound: String(bound), boundBits: 32 };
    const kind = shape.length === 1 ? 'gemm' : 'matmul';
    await b.check({ ...base, kind, weight: 'w', bias, attrs: { transB }, requant, acc, accumulator });
  });

  test.each(seeds(14))('activation times activation %i', async (seed) => {
    const b = new OneOp(seed);
    const { rng } = b;
    const [M, K, N] = [rng.int(1, 5), rng.int(1, 20), rng.int(1, 5)];
    const lead = [rng.int(1, 3), rng.int(1, 3)];
    const some = lead.slice(rng.int(0, 2)).map((d) => (rng.int(0, 2) === 0 ? 1 : d));
    b.input('x', [...(rng.int(0, 1) === 0 ? lead : some), M, K], rng.int(0, 2) === 0 ? 16 : rng.int(2, 8));
    const transB = rng.int(0, 1) as 0 | 1;
    b.input('z', transB === 1 ? [...lead, N, K] : [...lead, K, N], rng.int(0, 4) === 0 ? 10 : rng.int(2, 8));
    const shape = [...lead, M, N];
    const acc = b.accumulator(shape);
    const quant = b.output(shape);
    const bound = BigInt(K * b.magnitude('x') * b.magnitude('z'));
    const op = { ...base, inputs: ['x', 'z'], kind: 'matmul', weight: undefined, bias: undefined, attrs: { transB }, acc } as const;
    await b.check({ ...op, requant: b.requant(1, quant, bound), accumulator: { bound: String(bound), boundBits: 32 } });
  });

  test.each(seeds(32))('add, sub and mul with broadcasting %i', async (seed) => {
    const b = new OneOp(seed);
    const { rng } = b;
    const shape = Array.from({ length: rng.int(1, 4) }, () => rng.int(1, 4));
    const other = rng.int(0, 1) === 0 ? shape : shape.slice(rng.int(0, shape.length)).map((d) => (rng.int(0, 1) === 0 ? 1 : d));
    const bits = (): number => (rng.int(0, 2) === 0 ? 16 : rng.int(2, 8));
    const qa = b.input('x', shape, bits());
    const constant = rng.int(0, 2) === 0;
    const qb = constant ? b.quant(bits()) : b.input('z', other, bits());
    if (constant) b.constant('z', other, qb);
    const q = b.output(shape);
    const inputs = constant ? ['x'] : ['x', 'z'];
    const operands = (rng.int(0, 1) === 0 ? ['x', 'z'] : ['z', 'x']) as ['x', 'z'];
    const [z1, z2] = operands[0] === 'x' ? [qa.zeroPoint, qb.zeroPoint] : [qb.zeroPoint, qa.zeroPoint];
    if (rng.int(0, 2) > 0) {
      const wide = rng.int(0, 3) === 0;
      const shift = wide ? rng.int(30, 62) : rng.int(0, 20);
      const M = (): number => (wide ? rng.int(-(2 ** 31) + 1, 2 ** 31 - 1) : rng.int(-(2 ** Math.max(1, shift - 3)), 2 ** shift));
      const add = { mulA: M(), mulB: rng.int(0, 5) === 0 ? 1 : M(), shift, zeroPointA: z1, zeroPointB: z2 };
      const rest = { zeroPoint: q.zeroPoint, lo: q.lo, hi: q.hi };
      await b.check({ ...base, inputs, kind: rng.int(0, 1) === 0 ? 'add' : 'sub', operands, add: { ...add, ...rest } });
    } else {
      const requant = b.requant(1, q, BigInt(b.magnitude('x')) * BigInt(b.magnitude('z')));
      await b.check({ ...base, inputs, kind: 'mul', operands, zeroPoints: [z1, z2], requant });
    }
  });

  test.each(seeds(20))('tables and changes of quantizer %i', async (seed) => {
    const b = new OneOp(seed);
    const q = b.input('x', [3, 4, 25], b.rng.int(0, 1) === 0 ? 12 : b.rng.int(2, 8));
    const out = b.output([3, 4, 25]);
    if (b.rng.int(0, 2) === 0) {
      b.constant('table', [q.hi - q.lo + 1], out);
      await b.check({ ...base, kind: 'lut', lut: { table: 'table', offset: q.lo, fn: 'random' } });
    } else {
      await b.check({ ...base, kind: 'requant', requant: b.requant(b.rng.int(0, 1) === 0 ? 1 : 4, out, BigInt(b.magnitude('x'))) });
    }
  });

  test.each(seeds(32))('pools %i', async (seed) => {
    const b = new OneOp(seed);
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
    const whole = rng.int(0, 4) === 0;
    const window = whole
      ? { kernel: spatial, strides: spatial.map(() => 1), dilations: spatial.map(() => 1), pads: [...spatial, ...spatial].map(() => 0) }
      : { kernel, strides, dilations, pads };
    const shape = [2, 3, ...(whole ? spatial.map(() => 1) : out)];
    const q = b.input('x', [2, 3, ...spatial], rng.int(0, 2) === 0 ? 16 : rng.int(2, 8));
    const pool = { ...window, ceilMode: 1, countIncludePad: 0 } as const;
    if (rng.int(0, 1) === 0) {
      b.output(shape, q);
      const nothing = { requant: undefined, index: undefined, acc: undefined, accumulator: undefined };
      await b.check({ ...base, kind: 'pool', pool: { kind: 'max', ...pool }, ...nothing });
    } else {
      const quant = b.output(shape);
      const acc = b.accumulator(shape);
      const bound = BigInt(size(window.kernel) * b.magnitude('x'));
      const index = rng.int(0, 1) === 0 ? undefined : 'index';
      if (index) b.constant('index', shape.slice(2), { ...q, zeroPoint: 0, lo: 0, hi: 2 });
      const requant = b.requant(index ? 3 : 1, quant, bound);
      const accumulator = { bound: String(bound), boundBits: 32 };
      await b.check({ ...base, kind: 'pool', pool: { kind: 'avg', ...pool }, requant, index, acc, accumulator });
    }
  });

  test.each(seeds(12))('means over axes %i', async (seed) => {
    const b = new OneOp(seed);
    const shape = Array.from({ length: b.rng.int(1, 4) }, () => b.rng.int(1, 5));
    b.input('x', shape, b.rng.int(0, 2) === 0 ? 16 : b.rng.int(2, 8));
    const axes = shape.map((_, i) => i).filter(() => b.rng.int(0, 1) === 0);
    const keepdims = b.rng.int(0, 1) as 0 | 1;
    const out = keepdims === 1 ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : shape.filter((_, i) => !axes.includes(i));
    const quant = b.output(out);
    const acc = b.accumulator(out);
    const bound = BigInt(size(axes.map((i) => shape[i] as number)) * b.magnitude('x'));
    const accumulator = { bound: String(bound), boundBits: 32 };
    await b.check({ ...base, kind: 'reduce', attrs: { axes, keepdims }, requant: b.requant(1, quant, bound), acc, accumulator });
  });

  test.each(seeds(42))('moves %i', async (seed) => {
    const b = new OneOp(seed);
    const { rng } = b;
    const shape = Array.from({ length: rng.int(1, 4) }, () => rng.int(1, 5));
    const axes = shape.map((_, i) => i);
    const q = b.input('x', shape, rng.int(0, 2) === 0 ? 16 : rng.int(2, 8));
    const kind = (['reshape', 'transpose', 'concat', 'slice', 'pad', 'expand', 'gather'] as const)[seed % 7];
    if (kind === 'reshape') {
      b.output([size(shape)], q);
      await b.check({ ...base, kind, attrs: {} });
    } else if (kind === 'transpose') {
      const perm = axes.toSorted(() => rng.uniform() - 0.5);
      b.output(
        perm.map((i) => shape[i] as number),
        q,
      );
      await b.check({ ...base, kind, attrs: { perm } });
    } else if (kind === 'concat') {
      const axis = rng.int(0, shape.length - 1);
      const second = shape.with(axis, rng.int(1, 4));
      b.constant('c', second, q);
      b.output(shape.with(axis, 2 * (shape[axis] as number) + (second[axis] as number)), q);
      await b.check({ ...base, kind, attrs: { axis }, operands: ['x', 'c', 'x'] });
    } else if (kind === 'slice') {
      const starts = shape.map((d) => rng.int(-d, d - 1));
      const steps = shape.map(() => (rng.int(0, 1) === 0 ? 1 : rng.int(0, 1) === 0 ? 2 : -1));
      const ends = shape.map((_, i) => ((steps[i] as number) > 0 ? 2147483647 : -2147483648));
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
      b.constant('i', indexShape, { ...q, zeroPoint: 0, lo: -d, hi: d - 1 });
      b.output([...shape.slice(0, axis), ...indexShape, ...shape.slice(axis + 1)], q);
      await b.check({ ...base, kind, attrs: { axis, indices: 'i' } });
    }
  });
});
