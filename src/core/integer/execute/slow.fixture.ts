/**
 * An independent, slow reading of the integer ops for tests: one BigInt at a time, from the formulas of the
 * design, sharing nothing with the executor. Tensors are flat BigInt arrays with a shape.
 */
import type { IntegerModel, IntOp, LayerNormOp, Requant, Rounding, SoftmaxOp } from '../../ir/integer-model';
import { doublingHighMul } from '../requant-vectors.fixture';

export interface Slow {
  readonly shape: readonly number[];
  readonly data: bigint[];
}

const product = (d: readonly number[]): number => d.reduce((a, b) => a * b, 1);

/** All index tuples of a shape, row-major. */
function* indices(shape: readonly number[]): Generator<number[]> {
  const n = product(shape);
  for (let i = 0; i < n; i++) {
    const at: number[] = [];
    let rest = i;
    for (const d of [...shape].reverse()) {
      at.unshift(rest % d);
      rest = Math.floor(rest / d);
    }
    yield at;
  }
}

/** undefined outside; extents of 1 broadcast when asked for. */
function at(t: Slow, index: readonly number[], broadcast = false): bigint | undefined {
  let flat = 0;
  const skip = index.length - t.shape.length;
  for (let i = 0; i < t.shape.length; i++) {
    const d = t.shape[i] as number;
    const j = broadcast && d === 1 ? 0 : (index[skip + i] as number);
    if (j < 0 || j >= d) return undefined;
    flat = flat * d + j;
  }
  return t.data[flat];
}

/** v / 2^n, from quotient and remainder. */
export function shifted(v: bigint, n: bigint, mode: Rounding): bigint {
  const d = 2n ** n;
  const r = ((v % d) + d) % d;
  const q = (v - r) / d;
  if (mode === 'floor' || r === 0n) return q;
  if (2n * r !== d) return 2n * r > d ? q + 1n : q;
  if (mode === 'half-up') return q + 1n;
  if (mode === 'half-away') return v > 0n ? q + 1n : q;
  return q % 2n === 0n ? q : q + 1n;
}

const clamp = (v: bigint, lo: number, hi: number): bigint => (v < BigInt(lo) ? BigInt(lo) : v > BigInt(hi) ? BigInt(hi) : v);

function slowSoftmax(a: SoftmaxOp['softmax'], x: Slow, shape: readonly number[], get: (name: string) => Slow): Slow {
  const table = get(a.table).data;
  const mask = a.mask === undefined ? undefined : get(a.mask);
  const full = 2n ** BigInt(a.pb) - 1n;
  const data = [...indices(shape)].map((idx) => {
    const row = Array.from({ length: shape[a.axis] as number }, (_, i) => idx.with(a.axis, i));
    const kept = row.filter((i) => !mask || at(mask, i, true) === 0n);
    const most = kept.map((i) => at(x, i) as bigint).reduce((p, q) => (q > p ? q : p), -(10n ** 9n));
    const e = (i: readonly number[]): bigint => {
      const d = most - (at(x, i) as bigint);
      return table[d < BigInt(table.length) ? Number(d) : table.length - 1] as bigint;
    };
    if (mask && at(mask, idx, true) !== 0n) return 0n;
    const S = kept.reduce((sum, i) => sum + e(i), 0n);
    if (a.mode === 'deferred') return e(idx);
    if (a.mode === 'divide') return (e(idx) * full + S / 2n) / S;
    return (e(idx) * ((full * 2n ** 31n) / S) + 2n ** 30n) / 2n ** 31n;
  });
  return { shape, data };
}

/** By bisection, so that it shares nothing with the executor. */
function slowRoot(v: bigint): bigint {
  let [lo, hi] = [0n, 1n << 33n];
  while (hi - lo > 1n) {
    const m = (lo + hi) / 2n;
    if (m * m <= v) lo = m;
    else hi = m;
  }
  return lo;
}

function slowLayerNorm(
  a: LayerNormOp['layernorm'],
  x: Slow,
  zx: bigint,
  mode: Rounding,
  get: (name: string) => Slow,
  rootError: bigint,
): Slow {
  const C = BigInt(a.C);
  const [G, H] = [get(a.G).data, get(a.H).data];
  const up = (n: number): bigint => 2n ** BigInt(n);
  const data: bigint[] = [];
  for (let from = 0; from < x.data.length; from += a.C) {
    const row = x.data.slice(from, from + a.C);
    const m = a.rms ? C * zx : row.reduce((p, q) => p + q, 0n);
    const c = row.map((q) => shifted(C * q - m, BigInt(a.t), 'floor'));
    const root = slowRoot(c.reduce((sum, v) => sum + v * v, 0n) * up(2 * a.f) + BigInt(a.E)) + rootError;
    const D = root > 0n ? root : 1n;
    c.forEach((v, i) => {
      const size = v < 0n ? -v : v;
      const whole = a.mode === 'divide' ? (size * up(a.k + a.f) + D / 2n) / D : (size * (up(a.k + a.f + 31) / D) + up(30)) / up(31);
      const y = shifted((v < 0n ? -whole : whole) * (G[i] as bigint) + (H[i] as bigint), BigInt(a.shift), mode);
      data.push(clamp(BigInt(a.zeroPoint) + y, a.lo, a.hi));
    });
  }
  return { shape: x.shape, data };
}

/** acc and output of one op; `rootError` spoils the square root, to show that somebody would see it. */
export function slowOp(op: IntOp, values: ReadonlyMap<string, Slow>, model: IntegerModel, rootError = 0n): { acc?: Slow; output: Slow } {
  const get = (name: string): Slow => {
    const v = values.get(name);
    if (v) return v;
    const c = model.constants.get(name);
    if (!c) throw new Error(name);
    return { shape: c.shape, data: Array.from(c.data as ArrayLike<number>, (x) => BigInt(x)) };
  };
  const zeroOf = (name: string): bigint => BigInt((model.values.get(name) ?? model.constants.get(name))?.quant?.zeroPoint ?? 0);
  const mode = model.arithmetic.rounding;
  const register = model.arithmetic.accumulator;
  const held = (total: bigint): bigint => {
    if (!register) return total;
    const full = 2n ** BigInt(register.bits);
    if (register.overflow === 'saturate') return clamp(total, Number(-full / 2n), Number(full / 2n - 1n));
    return ((((total + full / 2n) % full) + full) % full) - full / 2n;
  };
  const scale = (acc: bigint, r: Requant, channel: number): bigint => {
    const M = get(r.mul).data;
    const n = get(r.shift).data;
    const c = M.length === 1 ? 0 : channel;
    if (model.arithmetic.multiplier.kind === 'tflite') {
      const [right, left] = [Number(n[c]) - 31, 31 - Number(n[c])];
      const high = doublingHighMul(acc * 2n ** BigInt(Math.max(0, left)), M[c] as bigint);
      return clamp(BigInt(r.zeroPoint) + shifted(high, BigInt(Math.max(0, right)), mode), r.lo, r.hi);
    }
    return clamp(BigInt(r.zeroPoint) + shifted(acc * (M[c] as bigint), n[c] as bigint, mode), r.lo, r.hi);
  };
  const outShape = model.values.get(op.output)?.shape ?? [];
  const x = get(op.inputs[0] ?? '');
  const zx = zeroOf(op.inputs[0] ?? '');
  const all = (f: (i: number[]) => bigint, shape = outShape): Slow => ({ shape, data: [...indices(shape)].map(f) });

  switch (op.kind) {
    case 'conv': {
      const w = get(op.weight);
      const bias = op.bias === undefined ? undefined : get(op.bias);
      const { strides, pads, dilations, group } = op.attrs;
      const each = (w.shape[0] as number) / group;
      const acc = all(([n = 0, o = 0, ...p]) => {
        let sum = bias?.data[o] ?? 0n;
        for (const [c = 0, ...k] of indices(w.shape.slice(1))) {
          const place = p.map((v, i) => v * (strides[i] as number) - (pads[i] as number) + (k[i] as number) * (dilations[i] as number));
          const v = at(x, [n, Math.floor(o / each) * (w.shape[1] as number) + c, ...place]);
          if (v !== undefined) sum += (v - zx) * (at(w, [o, c, ...k]) as bigint);
        }
        return held(sum);
      });
      let i = 0;
      return { acc, output: all((idx) => scale(acc.data[i++] as bigint, op.requant, idx[1] as number)) };
    }
    case 'gemm':
    case 'matmul': {
      const second = op.weight ?? op.inputs[1] ?? '';
      const w = get(second);
      const zw = op.weight === undefined ? zeroOf(second) : 0n;
      const bias = op.bias === undefined ? undefined : get(op.bias);
      const K = x.shape[x.shape.length - 1] as number;
      const rows = op.requant.rowMul === undefined ? undefined : get(op.requant.rowMul);
      const acc = all((idx) => {
        const col = idx[idx.length - 1] as number;
        let sum = rows ? 0n : (bias?.data[col] ?? 0n);
        for (let k = 0; k < K; k++) {
          const wi = op.attrs.transB === 1 ? [...idx.slice(0, -2), col, k] : [...idx.slice(0, -2), k, col];
          sum += ((at(x, [...idx.slice(0, -1), k], true) as bigint) - zx) * ((at(w, wi, true) as bigint) - zw);
        }
        return held(sum);
      });
      let i = 0;
      const inverse = (idx: readonly number[]): bigint => {
        if (!op.deferred) return 1n;
        let sum = 0n;
        for (let k = 0; k < K; k++) sum += at(x, [...idx.slice(0, -1), k], true) as bigint;
        return sum === 0n ? 0n : 2n ** 30n / sum;
      };
      const total = (idx: readonly number[]): bigint => {
        const sum = acc.data[i++] as bigint;
        const factor = rows?.data[(idx.at(-2) as number) % (rows.shape[0] as number)];
        if (factor !== undefined) return sum * factor + (bias?.data[idx.at(-1) as number] ?? 0n);
        return sum * inverse(idx);
      };
      return { acc, output: all((idx) => scale(total(idx), op.requant, idx[idx.length - 1] as number)) };
    }
    case 'add':
    case 'sub': {
      const [a, b] = op.operands.map(get) as [Slow, Slow];
      const c = op.add;
      return {
        output: all((idx) => {
          const v =
            ((at(a, idx, true) as bigint) - BigInt(c.zeroPointA)) * BigInt(c.mulA) +
            ((at(b, idx, true) as bigint) - BigInt(c.zeroPointB)) * BigInt(c.mulB);
          return clamp(BigInt(c.zeroPoint) + shifted(v, BigInt(c.shift), mode), c.lo, c.hi);
        }),
      };
    }
    case 'mul': {
      const [a, b] = op.operands.map(get) as [Slow, Slow];
      const [za, zb] = op.zeroPoints;
      return {
        output: all((idx) =>
          scale(((at(a, idx, true) as bigint) - BigInt(za)) * ((at(b, idx, true) as bigint) - BigInt(zb)), op.requant, 0),
        ),
      };
    }
    case 'lut': {
      const table = get(op.lut.table);
      return { output: { shape: outShape, data: x.data.map((q) => table.data[Number(q) - op.lut.offset] as bigint) } };
    }
    case 'requant':
      // one multiplier, or one per index of the second axis
      return { output: all((idx) => scale((at(x, idx) as bigint) - zx, op.requant, idx[1] ?? 0)) };
    case 'pool': {
      const p = op.pool;
      const windows = [...indices(outShape)].map(([n, c, ...o]) =>
        [...indices(p.kernel)].flatMap((k) => {
          const place = o.map(
            (v, i) => v * (p.strides[i] as number) - (p.pads[i] as number) + (k[i] as number) * (p.dilations[i] as number),
          );
          const v = at(x, [n as number, c as number, ...place]);
          return v === undefined ? [] : [v];
        }),
      );
      if (p.kind === 'max') {
        const lo = BigInt(model.values.get(op.inputs[0] as string)?.quant?.lo ?? 0);
        return { output: { shape: outShape, data: windows.map((w) => w.reduce((a, b) => (b > a ? b : a), lo)) } };
      }
      const acc = { shape: outShape, data: windows.map((w) => held(w.reduce((a, b) => a + b - zx, 0n))) };
      const index = op.index === undefined ? undefined : get(op.index);
      const r = op.requant as Requant;
      return {
        acc,
        output: { shape: outShape, data: acc.data.map((v, i) => scale(v, r, index ? Number(index.data[i % index.data.length]) : 0)) },
      };
    }
    case 'reduce': {
      const { axes, keepdims } = op.attrs;
      const sums = new Map<string, bigint>();
      for (const idx of indices(x.shape)) {
        const key = idx.map((v, i) => (axes.includes(i) ? 0 : v)).join();
        sums.set(key, (sums.get(key) ?? 0n) + (at(x, idx) as bigint) - zx);
      }
      const kept = x.shape.map((d, i) => (axes.includes(i) ? 1 : d));
      const data = [...indices(kept)].map((idx) => held(sums.get(idx.join()) ?? 0n));
      const shape = keepdims === 1 ? kept : x.shape.filter((_, i) => !axes.includes(i));
      return { acc: { shape, data }, output: { shape, data: data.map((v) => scale(v, op.requant, 0)) } };
    }
    case 'reshape':
      return { output: { shape: outShape, data: [...x.data] } };
    case 'transpose': {
      const perm = op.attrs.perm ?? [];
      return {
        output: all((idx) => {
          const from: number[] = [];
          perm.forEach((axis, i) => (from[axis] = idx[i] as number));
          return at(x, from) as bigint;
        }),
      };
    }
    case 'expand':
      return { output: all((idx) => at(x, idx, true) as bigint) };
    case 'concat': {
      const axis = op.attrs.axis ?? 0;
      return {
        output: all((idx) => {
          let i = idx[axis] as number;
          for (const name of op.operands ?? []) {
            const t = get(name);
            if (i < (t.shape[axis] as number)) return at(t, idx.with(axis, i)) as bigint;
            i -= t.shape[axis] as number;
          }
          throw new Error('past the end');
        }),
      };
    }
    case 'gather': {
      const axis = op.attrs.axis ?? 0;
      const ind = get(op.attrs.indices ?? '');
      const rows = op.table === undefined ? x : get(op.table);
      const d = BigInt(rows.shape[axis] as number);
      return {
        output: all((idx) => {
          const i = at(ind, idx.slice(axis, axis + ind.shape.length)) as bigint;
          return at(rows, [...idx.slice(0, axis), Number(i < 0n ? i + d : i), ...idx.slice(axis + ind.shape.length)]) as bigint;
        }),
      };
    }
    case 'slice': {
      const { starts = [], steps = [], axes = starts.map((_, i) => i) } = op.attrs;
      return {
        output: all((idx) => {
          const from = [...idx];
          axes.forEach((axis, j) => {
            const d = x.shape[axis] as number;
            const step = steps[j] ?? 1;
            let first = starts[j] as number;
            if (first < 0) first += d;
            first = Math.max(0, Math.min(step < 0 ? d - 1 : d, first));
            from[axis] = first + (idx[axis] as number) * step;
          });
          return at(x, from) as bigint;
        }),
      };
    }
    case 'pad': {
      const { pads = [], mode: how = 'constant', value = 0 } = op.attrs;
      return {
        output: all((idx) => {
          const from = idx.map((v, i) => v - (pads[i] as number));
          if (how === 'constant') return at(x, from) ?? BigInt(value);
          return at(
            x,
            from.map((v, i) => {
              const d = x.shape[i] as number;
              if (how === 'edge') return Math.max(0, Math.min(d - 1, v));
              let u = v;
              while (u < 0 || u >= d) u = u < 0 ? -u : 2 * (d - 1) - u;
              return u;
            }),
          ) as bigint;
        }),
      };
    }
    case 'softmax':
      return { output: slowSoftmax(op.softmax, x, outShape, get) };
    case 'layernorm':
      return { output: slowLayerNorm(op.layernorm, x, zx, mode, get, rootError) };
    case 'where': {
      const [c, a, b] = [op.condition, ...op.operands].map(get) as [Slow, Slow, Slow];
      return { output: all((idx) => at(at(c, idx, true) === 1n ? a : b, idx, true) as bigint) };
    }
    default:
      return op satisfies never;
  }
}
