/**
 * The integer-only model: plain readonly data, one `IntOp` per basic operation, in topological order.
 * It is the in-memory twin of the bundle's manifest (docs/formats/bundle.md): executing it reproduces
 * every tensor. Arithmetic: docs/ARCHITECTURE.md, section Integer arithmetic.
 */
import type { Node } from './model';
import type { DType, Tensor } from './tensor';

export type IntDType = 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64';

export interface IntStorage {
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
}

export interface IntTensor<D extends IntDType = IntDType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: IntStorage[D];
}

/** Rounding of a right shift; see core/integer/fixed-point.ts. */
export type Rounding = 'half-up' | 'half-even' | 'half-away' | 'floor';

/** Multiplier style of a requantization: how a real scale becomes integers. */
export type MultiplierStyle =
  | { readonly kind: 'normalized'; /** 8..31; undefined: 16 for outputs of at most 8 bits, else 24 */ readonly bits: number | undefined }
  | { readonly kind: 'qformat'; readonly swl: number; readonly sfl: number }
  | { readonly kind: 'pow2' }
  /** 32 bits and two roundings, as gemmlowp and TensorFlow Lite: see `Requant`. */
  | { readonly kind: 'tflite' };

/** A register of fewer bits than a sum may need. Acts once, on the exact total (bias included where the accumulator has it). */
export interface AccumulatorLimit {
  /** With its sign, 8..32. */
  readonly bits: number;
  readonly overflow: 'wrap' | 'saturate';
}

/** The requantization profile: what the chip's multiply, shift and accumulator do. Outputs always saturate. */
export interface Arithmetic {
  /** Of every right shift; with `tflite`, of its last one. */
  readonly rounding: Rounding;
  readonly multiplier: MultiplierStyle;
  /** One shift for all channels of a layer. Absent: one per output channel. */
  readonly shift?: 'layer';
  /** Absent: sums are proved to fit 32 bits. */
  readonly accumulator?: AccumulatorLimit;
}

/** How softmax and layer normalization divide: options of the recipe, the same for every layer. */
export interface NonlinearOptions {
  /**
   * `divide`: one division an element. `reciprocal`: one a row, then a product. `deferred`: one a row, in the product that
   * reads the probabilities.
   */
  readonly softmax: 'divide' | 'reciprocal' | 'deferred';
  /** Bits of softmax's outputs; `auto`: 8 for rows of at most 64 elements, else 16. */
  readonly probabilityBits: 'auto' | '8' | '12' | '16';
  readonly layernorm: 'divide' | 'reciprocal';
}

/** A non-uniform grid: codes of `bits` bits, each of which stands for the integer table[code]. */
export interface Codebook {
  readonly bits: number;
  /** At most 2^bits integers from lo to hi, 0 (the zero point) among them; in the order of the hardware's codes. */
  readonly table: readonly number[];
}

/** How integers of one tensor mean real values: r = scale[c] * (q - zeroPoint). */
export interface QuantInfo {
  readonly bits: number;
  readonly signed: boolean;
  /** One element per tensor, or one per index of `axis`. float32 values. */
  readonly scale: Float32Array;
  readonly axis: number | undefined;
  readonly zeroPoint: number;
  /** Inclusive integer range (narrower than the dtype's where the recipe says so). */
  readonly lo: number;
  readonly hi: number;
  /** Only these integers occur. Everything that computes works on the integers; codes are how they are stored. */
  readonly codebook?: Codebook;
}

export interface IntValue {
  readonly name: string;
  readonly dtype: IntDType;
  readonly shape: readonly number[];
  /**
   * undefined for accumulators and parameters (mul, shift, index maps). Whole numbers of the float graph (token
   * indices, masks) have scale 1, zero point 0 and the range that their readers allow.
   */
  readonly quant: QuantInfo | undefined;
  /** Whole numbers of the float graph, not quantized ones. */
  readonly whole?: true;
}

/** A constant of the integer model: weight, bias, multiplier, shift, table, index map. */
export interface IntConstant extends IntValue {
  readonly data: IntStorage[IntDType];
  /**
   * The real numbers that the integers stand for, where the dual-path law needs them: of `mul` the real
   * scales, of `bias` the bias in accumulator units before rounding. Not exported.
   */
  readonly real?: Float64Array;
  /** How a weight with a codebook is stored: constants with a code per element and with the table; data[i] = table[codes[i]]. */
  readonly coded?: { readonly bits: number; readonly codes: string; readonly table: string };
}

/**
 * y = clamp(zeroPoint + rshift(acc * mul[o], shift[o]), lo, hi). `mul`/`shift` name constants: 0-d or [O].
 * With multipliers of the style `tflite` (base/fixed-point.ts, highMulShift) rshift(acc * M, n) is
 * rshift(SaturatingRoundingDoublingHighMul(acc << max(0, 31 - n), M), max(0, n - 31)).
 * With `rowMul` (int32 [T]; products with a constant weight only) the accumulator is without bias, row r of the product
 * has the factor T[r mod T] and the bias is int64: y = clamp(zeroPoint + rshift((acc * rowMul[r] + bias[o]) * mul[o], shift[o]), lo, hi).
 */
export interface Requant {
  readonly mul: string;
  readonly shift: string;
  readonly rowMul?: string;
  readonly zeroPoint: number;
  readonly lo: number;
  readonly hi: number;
}

/** The proof of an accumulator's width. `bound` is max |acc| over all inputs, a decimal string. */
export interface AccumulatorProof {
  readonly bound: string;
  readonly boundBits: number;
}

interface OpBase {
  /** Stem: unique, e.g. `layer1.0.conv1`. */
  readonly name: string;
  /** Names of the ONNX nodes fused into this op. */
  readonly source: readonly string[];
  /** Activation operands: names in `IntegerModel.values`. */
  readonly inputs: readonly string[];
  readonly output: string;
  readonly macs: number;
}

export interface ConvOp extends OpBase {
  readonly kind: 'conv';
  readonly weight: string;
  readonly bias: string | undefined;
  /** One entry per spatial axis (1 or 2); pads as ONNX: all begins, then all ends; auto_pad resolved. */
  readonly attrs: {
    readonly strides: readonly number[];
    readonly pads: readonly number[];
    readonly dilations: readonly number[];
    readonly group: number;
  };
  readonly requant: Requant;
  /** Name of the accumulator value (`_y`): int32, bias included. */
  readonly acc: string;
  readonly accumulator: AccumulatorProof;
}

/**
 * `gemm`: one 2-D weight, [K, N] or [N, K] with transB. `matmul`: weight [K, N] constant, any leading axes of x; or act x act
 * (two inputs, no weight). `deferred` (act x act): the left rows are the exponentials of a softmax, with zero point 0; with S
 * their sum and R = floor(2^30 / S), 0 where S is, y = clamp(zeroPoint + rshift(acc * R * mul, shift), lo, hi).
 */
export interface MatMulOp extends OpBase {
  readonly kind: 'gemm' | 'matmul';
  readonly weight: string | undefined;
  readonly bias: string | undefined;
  readonly attrs: { readonly transB: 0 | 1 };
  readonly deferred?: true;
  readonly requant: Requant;
  readonly acc: string;
  readonly accumulator: AccumulatorProof;
}

/** y = clamp(zp + rshift((a-za)*mulA + (b-zb)*mulB, shift)); `sub` has a negative mulB. b may be a constant. ONNX broadcasting. */
export interface AddOp extends OpBase {
  readonly kind: 'add' | 'sub';
  /** Two operands: each a value, or a constant's name. */
  readonly operands: readonly [string, string];
  readonly add: {
    readonly mulA: number;
    readonly mulB: number;
    readonly shift: number;
    readonly zeroPointA: number;
    readonly zeroPointB: number;
    readonly zeroPoint: number;
    readonly lo: number;
    readonly hi: number;
  };
}

/** acc = (a-za)*(b-zb), one MulShift. */
export interface MulOp extends OpBase {
  readonly kind: 'mul';
  readonly operands: readonly [string, string];
  readonly zeroPoints: readonly [number, number];
  readonly requant: Requant;
}

/** y = table[q - offset]. */
export interface LutOp extends OpBase {
  readonly kind: 'lut';
  readonly lut: { readonly table: string; readonly offset: number; /** the float function, for people */ readonly fn: string };
}

export interface PoolOp extends OpBase {
  readonly kind: 'pool';
  readonly pool: {
    readonly kind: 'max' | 'avg';
    /** Spatial axes only. A global pool or a ReduceMean over trailing axes has kernel = the extents. */
    readonly kernel: readonly number[];
    readonly strides: readonly number[];
    readonly pads: readonly number[];
    readonly dilations: readonly number[];
    readonly ceilMode: 0 | 1;
    readonly countIncludePad: 0 | 1;
  };
  /** avg only: acc = sum (x - zx); the MulShift includes 1/N. */
  readonly requant: Requant | undefined;
  /** avg only, where the number of summed elements varies: constant, one index into mul/shift per spatial output position. */
  readonly index: string | undefined;
  readonly acc: string | undefined;
  readonly accumulator: AccumulatorProof | undefined;
}

/** Mean over any axes: acc = sum (x - zx) over `axes`, one MulShift that includes 1/N. */
export interface ReduceOp extends OpBase {
  readonly kind: 'reduce';
  readonly attrs: { readonly axes: readonly number[]; readonly keepdims: 0 | 1 };
  readonly requant: Requant;
  readonly acc: string;
  readonly accumulator: AccumulatorProof;
}

/** Change of quantizer: y = clamp(zp + rshift((x - zx) * mul, shift)). */
export interface RequantOp extends OpBase {
  readonly kind: 'requant';
  readonly requant: Requant;
}

/**
 * Along `axis`: d = max(q) - q over the elements that are not masked, e = table[min(d, D-1)] (D entries), 0 where the
 * mask is 1; S = sum(e); with F = 2^pb - 1
 *   `divide`:     p = (e*F + (S >> 1)) div S
 *   `reciprocal`: p = (e*R + 2^30) >> 31, R = (F << 31) div S
 *   `deferred`:   p = e, from a table of 8 bits (pb is 8): the product that reads it divides (MatMulOp)
 * and p = 0 where every element of a row is masked. The output is unsigned with pb bits, scale 1/F, zero point 0.
 */
export interface SoftmaxOp extends OpBase {
  readonly kind: 'softmax';
  readonly softmax: {
    readonly axis: number;
    /** Constant: round(65535 * exp(-s*d)), up to its first 0; `deferred`: round(255 * exp(-s*d)). */
    readonly table: string;
    readonly pb: number;
    readonly mode: NonlinearOptions['softmax'];
    /** 0 or 1 per element, broadcast to the input as in ONNX: 1 takes the element out. A constant, or the second of `inputs`. */
    readonly mask: string | undefined;
  };
}

/**
 * Over the last axes from `axis` on, C elements a row: c = (C*q - sum(q)) >> t (`rms`: c = (C*(q - zx)) >> t);
 * V = (sum(c^2) << 2f) + E; D = max(1, isqrt(V));
 *   `divide`:     u = sign(c) * (((|c| << (k+f)) + (D >> 1)) div D)
 *   `reciprocal`: u = sign(c) * ((|c|*R + 2^30) >> 31), R = (1 << (k+f+31)) div D
 * y = clamp(zeroPoint + rshift(u*G + H, shift), lo, hi), G and H per element of the row. |u| <= 2^k.
 */
export interface LayerNormOp extends OpBase {
  readonly kind: 'layernorm';
  readonly layernorm: {
    readonly axis: number;
    readonly C: number;
    readonly k: number;
    readonly f: number;
    readonly t: number;
    /** Decimal: epsilon in units of V. */
    readonly E: string;
    /** Constants: int32 [C], int64 [C]. */
    readonly G: string;
    readonly H: string;
    readonly shift: number;
    readonly zeroPoint: number;
    readonly lo: number;
    readonly hi: number;
    readonly rms: boolean;
    readonly mode: NonlinearOptions['layernorm'];
    /** Largest V over all inputs, decimal, below 2^62; its width with a sign bit. */
    readonly bound: string;
    readonly boundBits: number;
  };
}

/** y = condition ? operands[0] : operands[1], all three broadcast as in ONNX; one quantizer for both and the output. */
export interface WhereOp extends OpBase {
  readonly kind: 'where';
  /** 0 or 1 per element: a value (the first of `inputs`), or a constant's name. */
  readonly condition: string;
  /** Values, or constants' names. */
  readonly operands: readonly [string, string];
}

/** Integers moved, not changed. */
export interface MoveOp extends OpBase {
  readonly kind: 'reshape' | 'transpose' | 'concat' | 'slice' | 'pad' | 'expand' | 'gather';
  readonly attrs: {
    readonly perm?: readonly number[];
    readonly axis?: number;
    readonly starts?: readonly number[];
    readonly ends?: readonly number[];
    readonly axes?: readonly number[];
    readonly steps?: readonly number[];
    /** ONNX order: all begins, then all ends, every axis. */
    readonly pads?: readonly number[];
    /** integer written into the padding (the zero point) */
    readonly value?: number;
    readonly mode?: 'constant' | 'reflect' | 'edge';
    /** gather: a constant's name, or with a `table` the value that is the op's only input */
    readonly indices?: string;
  };
  /** gather only: a constant whose rows are looked up (an embedding), instead of the first input. */
  readonly table?: string;
  /** concat only: operands in order, values or constants (`inputs` lists the values among them). */
  readonly operands?: readonly string[];
}

export type IntOp = ConvOp | MatMulOp | AddOp | MulOp | LutOp | PoolOp | ReduceOp | RequantOp | SoftmaxOp | LayerNormOp | WhereOp | MoveOp;

/** What still runs in float: dequantize, the ONNX operator, quantize. */
export interface FloatIsland {
  readonly node: string;
  readonly op: string;
  readonly reason: string;
  readonly output: string;
  /** Runs before `ops[before]` (or at the end). */
  readonly before: number;
  readonly source: Node;
  readonly opset: number;
  /** In the node's input order: an activation (a name in `values`), a float constant, or absent. */
  readonly operands: readonly (string | Tensor | undefined)[];
  /** Operands that are whole numbers of the float graph, with their type there. */
  readonly whole?: Readonly<Record<string, DType>>;
}

export interface IntegerModel {
  readonly arithmetic: Arithmetic;
  /** Graph inputs and outputs: names in `values`. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Every activation and accumulator. */
  readonly values: ReadonlyMap<string, IntValue>;
  readonly constants: ReadonlyMap<string, IntConstant>;
  readonly ops: readonly IntOp[];
  readonly islands: readonly FloatIsland[];
}
