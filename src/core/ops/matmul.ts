/**
 * MatMul (ONNX 1, 9, 13) after numpy.matmul, our fused form `t2c:MatMul` with a factor `alpha` and a bias as third
 * input, ONNX Runtime's FusedMatMul, and Gemm (6 to 13): alpha * A' * B' + beta * C. Sums in float64, integers exactly.
 */
import { sizeOf, type Tensor } from '../ir/tensor';
import { broadcastShape } from './broadcast';
import { addDots } from './dots';
import { floatAttr, intAttr, type FloatInput, type OpFamily, type ShapeInput } from './family';
import { badShape, inputAt, shapesOf, tensorAt, upTo } from './readers';
import { dataOf, floatsOf, fromNumbers, isBig, isFloat, made, newData, numbersOf, reshaped } from './storage';
import { spreadTo, transposed } from './strided';

interface Product {
  /** Broadcast leading axes. */
  readonly batch: readonly number[];
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** Operands of rank 2 at least. */
function productOf(s: Pick<ShapeInput, 'node'>, a: readonly number[], b: readonly number[]): Product {
  const [m, k] = a.slice(-2) as [number, number];
  const [rows, n] = b.slice(-2) as [number, number];
  if (k !== rows) throw badShape(s.node, `a right operand of ${k} rows`, b);
  return { batch: broadcastShape(s.node, [a.slice(0, -2), b.slice(0, -2)]), m, k, n };
}

/** Elements of the right operand that are held in float64 at a time. */
const PANEL = 2 ** 20;

/** A matrix, or each of a batch, with its two last axes exchanged. */
function turned(t: Tensor): Tensor {
  return transposed(t, [...upTo(t.shape.length - 2), t.shape.length - 1, t.shape.length - 2]);
}

/** float64 sums of products of rows of a and columns of b: [batch..., m, n]. `columns` is b with its two last axes exchanged. */
function multiply(a: Tensor, columns: Tensor, p: Product): Float64Array {
  const x = floatsOf(spreadTo(a, [...p.batch, p.m, p.k]));
  const batch = sizeOf(p.batch);
  const out = new Float64Array(batch * p.m * p.n);
  if (sizeOf(columns.shape.slice(0, -2)) === 1) {
    // one right operand: all rows of the left one at once
    const all = numbersOf(columns);
    const some = Math.max(1, Math.floor(PANEL / Math.max(1, p.k)));
    for (let c = 0; c < p.n; c += some) {
      const width = Math.min(some, p.n - c);
      const y = new Float64Array(all.subarray(c * p.k, (c + width) * p.k));
      addDots(x, 0, batch * p.m, y, 0, width, p.k, out, c, p.n, 1);
    }
    return out;
  }
  const y = floatsOf(spreadTo(columns, [...p.batch, p.n, p.k]));
  for (let g = 0; g < batch; g++) addDots(x, g * p.m * p.k, p.m, y, g * p.n * p.k, p.n, p.k, out, g * p.m * p.n, p.n, 1);
  return out;
}

/** The same for 64-bit and wide 32-bit integers, wrapped to the result's type. */
function multiplyExactly(a: Tensor, b: Tensor, p: Product): Tensor {
  const [x, y] = [dataOf(spreadTo(a, [...p.batch, p.m, p.k])), dataOf(spreadTo(b, [...p.batch, p.k, p.n]))];
  const sums = new BigInt64Array(sizeOf(p.batch) * p.m * p.n);
  for (let g = 0, o = 0; o < sums.length; g++) {
    for (let i = 0; i < p.m; i++) {
      for (let j = 0; j < p.n; j++, o++) {
        let sum = 0n;
        for (let k = 0; k < p.k; k++) sum += BigInt(x[(g * p.m + i) * p.k + k] as number) * BigInt(y[(g * p.k + k) * p.n + j] as number);
        sums[o] = sum;
      }
    }
  }
  const shape = [...p.batch, p.m, p.n];
  const out = newData(a.dtype, sums.length);
  if (isBig(out)) out.set(sums);
  else sums.forEach((v, i) => (out[i] = Number(BigInt.asIntN(32, v))));
  return made(a.dtype, shape, out);
}

/** Vectors become matrices: a row on the left, a column on the right. */
const asRow = (s: readonly number[]): readonly number[] => (s.length === 1 ? [1, ...s] : s);
const asColumn = (s: readonly number[]): readonly number[] => (s.length === 1 ? [...s, 1] : s);

function matmulShape(s: ShapeInput): number[] {
  const [a, b] = [inputAt(s, 0).shape, inputAt(s, 1).shape];
  if (a.length === 0 || b.length === 0) throw badShape(s.node, 'vectors or matrices', 'a scalar');
  const p = productOf(s, asRow(a), asColumn(b));
  const shape = [...p.batch, ...(a.length === 1 ? [] : [p.m]), ...(b.length === 1 ? [] : [p.n])];
  const bias = s.inputs[2];
  if (bias && broadcastShape(s.node, [shape, bias.shape]).length !== shape.length)
    throw badShape(s.node, 'a bias that broadcasts', bias.shape);
  return shape;
}

function withBias(sums: Float64Array, bias: Tensor | undefined, shape: readonly number[], factor = 1): Float64Array {
  if (!bias) return sums;
  const b = numbersOf(spreadTo(bias, shape));
  for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + factor * (b[i] as number);
  return sums;
}

function evaluateMatmul(f: FloatInput): Tensor[] {
  const [a, b] = [tensorAt(f, 0), tensorAt(f, 1)];
  const shape = matmulShape(shapesOf(f));
  const [x, y] = [reshaped(a, asRow(a.shape)), reshaped(b, asColumn(b.shape))];
  const p = productOf(f, x.shape, y.shape);
  if (!isFloat(a.dtype)) return [reshaped(multiplyExactly(x, y, p), shape)];
  const sums = multiply(x, turned(y), p);
  const alpha = f.node.domain === 't2c' ? floatAttr(f.node, 'alpha', 1) : 1;
  if (alpha !== 1) for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) * alpha;
  return [fromNumbers(a.dtype, shape, withBias(sums, f.inputs[2], shape))];
}

const inner = (shape: readonly number[]): number => shape[shape.length - 1] ?? 1;

export const matmul: OpFamily = {
  id: 'matmul',
  types: ['MatMul', 't2c:MatMul'],
  shape: (s) => [{ dtype: inputAt(s, 0).dtype, shape: matmulShape(s) }],
  evaluate: evaluateMatmul,
  macs: (_, [a], [y]) => (a && y ? sizeOf(y.shape) * inner(a.shape) : 0),
  quantizer: 'own',
  weight(node, inputs) {
    const rank = inputs[1]?.shape.length ?? 0;
    return rank < 2 ? undefined : { input: 1, channelAxis: rank - 1, biasInput: node.inputs[2] === undefined ? undefined : 2 };
  },
};

function gemmProduct(s: ShapeInput): Product {
  const [a, b] = [inputAt(s, 0).shape, inputAt(s, 1).shape];
  if (a.length !== 2 || b.length !== 2) throw badShape(s.node, 'two matrices', `ranks ${a.length} and ${b.length}`);
  const flip = (shape: readonly number[], name: string): readonly number[] => (intAttr(s.node, name, 0) === 0 ? shape : shape.toReversed());
  const p = productOf(s, flip(a, 'transA'), flip(b, 'transB'));
  const c = s.inputs[2];
  if (c && broadcastShape(s.node, [[p.m, p.n], c.shape]).join() !== `${p.m},${p.n}`)
    throw badShape(s.node, `a C that broadcasts to [${p.m}, ${p.n}]`, c.shape);
  return p;
}

function evaluateGemm(f: FloatInput): Tensor[] {
  const { node } = f;
  const p = gemmProduct(shapesOf(f));
  const flip = (t: Tensor, name: string): Tensor => (intAttr(node, name, 0) === 0 ? t : transposed(t, [1, 0]));
  const [a, b] = [tensorAt(f, 0), tensorAt(f, 1)];
  const sums = multiply(flip(a, 'transA'), intAttr(node, 'transB', 0) === 0 ? turned(b) : b, p);
  const alpha = floatAttr(node, 'alpha', 1);
  if (alpha !== 1) for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) * alpha;
  return [fromNumbers(a.dtype, [p.m, p.n], withBias(sums, f.inputs[2], [p.m, p.n], floatAttr(node, 'beta', 1)))];
}

export const gemm: OpFamily = {
  id: 'gemm',
  types: ['Gemm'],
  shape(s) {
    const { m, n } = gemmProduct(s);
    return [{ dtype: inputAt(s, 0).dtype, shape: [m, n] }];
  },
  evaluate: evaluateGemm,
  macs: (node, [a], [y]) => (a && y ? sizeOf(y.shape) * (a.shape[intAttr(node, 'transA', 0) === 0 ? 1 : 0] ?? 1) : 0),
  quantizer: 'own',
  weight: (node) => ({
    input: 1,
    channelAxis: intAttr(node, 'transB', 0) === 0 ? 1 : 0,
    biasInput: node.inputs[2] === undefined ? undefined : 2,
  }),
};

/** Axes of an operand of FusedMatMul: `transBatch` moves the first axis before the last, then `trans` swaps the last two. */
export function fusedPerm(rank: number, swap: boolean, batch: boolean): number[] {
  const perm = upTo(rank);
  if (rank < 2) return perm;
  if (batch) perm.splice(rank - 2, 0, ...perm.splice(0, 1));
  if (swap) perm.push(...perm.splice(rank - 2, 1));
  return perm;
}

function fusedPerms(s: ShapeInput): [number[], number[]] {
  const side = (i: 0 | 1): number[] => {
    const letter = i === 0 ? 'A' : 'B';
    return fusedPerm(
      inputAt(s, i).shape.length,
      intAttr(s.node, `trans${letter}`, 0) === 1,
      intAttr(s.node, `transBatch${letter}`, 0) === 1,
    );
  };
  return [side(0), side(1)];
}

/** FusedMatMul with its transposes done. */
function untransposed(s: ShapeInput): ShapeInput {
  const perms = fusedPerms(s);
  const inputs = perms.map((perm, i) => {
    const x = inputAt(s, i);
    return { dtype: x.dtype, shape: perm.map((p) => x.shape[p] as number) };
  });
  return { ...s, inputs };
}

export const fusedMatmul: OpFamily = {
  id: 'fused-matmul',
  types: ['com.microsoft:FusedMatMul'],
  shape: (s) => [{ dtype: inputAt(s, 0).dtype, shape: matmulShape(untransposed(s)) }],
  evaluate(f) {
    const [permA, permB] = fusedPerms(shapesOf(f));
    const inputs = [transposed(tensorAt(f, 0), permA), transposed(tensorAt(f, 1), permB)];
    const shape = matmulShape({ ...shapesOf(f), inputs });
    const [x, y] = [
      reshaped(inputs[0] as Tensor, asRow((inputs[0] as Tensor).shape)),
      reshaped(inputs[1] as Tensor, asColumn((inputs[1] as Tensor).shape)),
    ];
    const alpha = floatAttr(f.node, 'alpha', 1);
    return [
      fromNumbers(
        x.dtype,
        shape,
        multiply(x, turned(y), productOf(f, x.shape, y.shape)).map((v) => v * alpha),
      ),
    ];
  },
  macs(node, [a], [y]) {
    const perm = a && fusedPerm(a.shape.length, intAttr(node, 'transA', 0) === 1, intAttr(node, 'transBatchA', 0) === 1);
    return a && perm && y ? sizeOf(y.shape) * inner(perm.map((p) => a.shape[p] as number)) : 0;
  },
  quantizer: 'own',
};
