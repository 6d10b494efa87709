/**
 * manifest.json of a tensor bundle as types and as a checked schema: the contract of docs/formats/bundle.md.
 * Unknown keys are dropped on reading, so that a newer writer may add some. Parsed once, then trusted.
 */
import * as v from 'valibot';
import { StudioError } from '../base/errors';
import { dictionaryOf } from '../recipe/dictionary-schema';

const int = v.pipe(v.number(), v.integer());
const ints = v.array(int);
const flag = v.picklist([0, 1]);
/** Integers beyond 2^53 are decimal strings. */
const bigInt = v.union([int, v.pipe(v.string(), v.regex(/^-?\d+$/))]);

const dtype = v.picklist(['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64']);

const roles = [
  ...(['input', 'activation', 'accumulator', 'weight', 'operand', 'bias', 'mul', 'shift', 'rowMul'] as const),
  ...(['lut', 'index', 'indices', 'mask', 'G', 'H', 'codes', 'table'] as const),
] as const;

const tensor = v.object({
  file: v.string(),
  /** What the value is: `input`, `activation`, `accumulator`, or a constant: `weight`, `operand`, `bias`, `mul`, `shift`, `lut`, `index`, `indices`, `mask`, `G`, `H`, `codes`, `table`. */
  role: v.picklist(roles),
  dtype,
  bits: int,
  signed: v.boolean(),
  shape: ints,
  scale: v.union([v.number(), v.array(v.number())]),
  axis: v.nullable(int),
  zeroPoint: int,
  /** Integer range of the quantizer. Absent where the integers stand for themselves. */
  lo: v.exactOptional(int),
  hi: v.exactOptional(int),
  /** Whole numbers of the float model (token indices, masks), not quantized ones. */
  whole: v.exactOptional(v.literal(true)),
  /** A weight on a non-uniform grid: element i is table[codes[i]], both names of tensors; a code has `bits` bits. */
  codebook: v.exactOptional(v.object({ codes: v.string(), table: v.string(), bits: int })),
  stats: v.object({ min: bigInt, max: bigInt }),
});

const requant = v.object({ mul: v.string(), shift: v.string(), rowMul: v.exactOptional(v.string()), zeroPoint: int, lo: int, hi: int });

const accumulator = v.object({ bound: v.string(), boundBits: int, seenBits: int });

const base = {
  name: v.string(),
  source: v.array(v.string()),
  inputs: v.array(v.string()),
  output: v.string(),
  macs: int,
  files: v.object({
    x1: v.exactOptional(v.string()),
    x2: v.exactOptional(v.string()),
    y: v.exactOptional(v.string()),
    yq: v.string(),
  }),
};

/** null: the layer has none. */
const linear = { bias: v.nullable(v.string()), requant, accumulator, acc: v.string() };
/** A weight of null: a product of two activations. */
const matmul = {
  weight: v.nullable(v.string()),
  attrs: v.object({ transA: v.literal(0), transB: flag }),
  /** The product divides by the sum of its left operand's row. */
  deferred: v.exactOptional(v.literal(true)),
  ...linear,
};
const operandPair = v.tuple([v.string(), v.string()]);
const sum = {
  operands: operandPair,
  add: v.object({ mulA: int, mulB: int, shift: int, zeroPointA: int, zeroPointB: int, zeroPoint: int, lo: int, hi: int }),
};

const division = v.picklist(['divide', 'reciprocal']);
/** A natural number of up to 62 bits. */
const whole = v.pipe(v.string(), v.regex(/^\d{1,19}$/));

const moveAttrs = v.object({
  perm: v.exactOptional(ints),
  axis: v.exactOptional(int),
  starts: v.exactOptional(ints),
  ends: v.exactOptional(ints),
  axes: v.exactOptional(ints),
  steps: v.exactOptional(ints),
  pads: v.exactOptional(ints),
  value: v.exactOptional(int),
  mode: v.exactOptional(v.picklist(['constant', 'reflect', 'edge'])),
  indices: v.exactOptional(v.string()),
});

const op = v.variant('kind', [
  v.object({
    ...base,
    kind: v.literal('conv'),
    weight: v.string(),
    attrs: v.object({ strides: ints, pads: ints, dilations: ints, group: int }),
    ...linear,
  }),
  v.object({ ...base, kind: v.picklist(['gemm', 'matmul']), ...matmul }),
  v.object({ ...base, kind: v.picklist(['add', 'sub']), ...sum }),
  v.object({ ...base, kind: v.literal('mul'), operands: operandPair, zeroPoints: v.tuple([int, int]), requant }),
  v.object({ ...base, kind: v.literal('lut'), lut: v.object({ table: v.string(), offset: int, fn: v.string() }) }),
  v.object({
    ...base,
    kind: v.literal('pool'),
    pool: v.object({
      kind: v.picklist(['max', 'avg']),
      kernel: ints,
      strides: ints,
      pads: ints,
      dilations: ints,
      ceilMode: flag,
      countIncludePad: flag,
    }),
    requant: v.exactOptional(requant),
    index: v.exactOptional(v.string()),
    accumulator: v.exactOptional(accumulator),
    acc: v.exactOptional(v.string()),
  }),
  v.object({ ...base, kind: v.literal('reduce'), attrs: v.object({ axes: ints, keepdims: flag }), requant, accumulator, acc: v.string() }),
  v.object({ ...base, kind: v.literal('requant'), requant }),
  v.object({
    ...base,
    kind: v.literal('softmax'),
    softmax: v.object({
      axis: int,
      table: v.string(),
      pb: int,
      mode: v.picklist(['divide', 'reciprocal', 'deferred']),
      mask: v.nullable(v.string()),
    }),
  }),
  v.object({
    ...base,
    kind: v.literal('layernorm'),
    layernorm: v.object({
      axis: int,
      C: int,
      k: int,
      f: int,
      t: int,
      E: whole,
      G: v.string(),
      H: v.string(),
      shift: int,
      zeroPoint: int,
      lo: int,
      hi: int,
      rms: v.boolean(),
      mode: division,
      bound: whole,
      boundBits: int,
    }),
  }),
  v.object({ ...base, kind: v.literal('where'), condition: v.string(), operands: operandPair }),
  v.object({
    ...base,
    kind: v.picklist(['reshape', 'transpose', 'concat', 'slice', 'pad', 'expand', 'gather']),
    attrs: moveAttrs,
    operands: v.exactOptional(v.array(v.string())),
    table: v.exactOptional(v.string()),
  }),
]);

const arithmetic = v.object({
  rounding: v.picklist(['half-up', 'half-even', 'half-away', 'floor']),
  multiplier: v.picklist(['normalized', 'qformat', 'pow2', 'tflite']),
  /** Bits of a normalized multiplier where the output has at most 8 bits, and (Wide) where it has more. */
  multiplierBits: v.exactOptional(int),
  multiplierBitsWide: v.exactOptional(int),
  swl: v.exactOptional(int),
  sfl: v.exactOptional(int),
  /** One shift for all channels of a layer. */
  shift: v.exactOptional(v.literal('layer')),
  /** The register that every accumulator is cut to, once, as an exact sum. */
  accumulator: v.exactOptional(v.object({ bits: v.pipe(int, v.minValue(8), v.maxValue(32)), overflow: v.picklist(['wrap', 'saturate']) })),
});

/** How images became inputs, so that an evaluation can do the same. Absent where the data were arrays of numbers. */
const preprocessing = v.object({
  resize: v.exactOptional(int),
  size: v.tuple([int, int]),
  scale: v.number(),
  mean: v.array(v.number()),
  std: v.array(v.number()),
  layout: v.picklist(['NCHW', 'NHWC']),
  channels: v.picklist(['rgb', 'bgr', 'gray']),
});

const island = v.object({
  node: v.string(),
  op: v.string(),
  reason: v.string(),
  inputs: v.array(v.string()),
  output: v.string(),
  before: int,
});

const decibels = v.exactOptional(v.number());
/** What was measured on calibration samples, in dB; a ratio that is not there has no noise or no signal. */
const report = v.object({
  logitsSqnrDb: decibels,
  /** What was learned: losses in a unit of each layer's own, and how many weights are not the nearest integer. */
  learned: v.exactOptional(
    v.array(
      v.object({
        layer: v.string(),
        kind: v.picklist(['weights', 'steps', 'blocks']),
        before: v.number(),
        after: v.number(),
        iterations: v.exactOptional(int),
        moved: v.exactOptional(int),
      }),
    ),
  ),
  nonlinear: v.exactOptional(
    v.object({
      samples: ints,
      logitsSqnrDb: decibels,
      kinds: v.array(
        v.object({ kind: v.string(), ops: int, integerDb: decibels, floatDb: decibels, costDb: decibels, logitsSqnrDb: decibels }),
      ),
      ops: v.array(v.object({ id: v.string(), kind: v.string(), integerDb: decibels, floatDb: decibels, costDb: decibels })),
    }),
  ),
});

const manifestSchema = v.object({
  format: v.literal('t2c-bundle'),
  version: v.literal(1),
  tool: v.object({ name: v.string(), version: v.string() }),
  model: v.object({ name: v.string(), sha256: v.string(), opset: int, producer: v.string() }),
  recipe: v.record(v.string(), v.unknown()),
  /** Plugins without which the bundle could not be made again; absent: none. */
  plugins: v.exactOptional(
    v.array(
      v.object({
        name: v.string(),
        sha256: v.string(),
        weights: v.array(v.string()),
        activations: v.array(v.string()),
        pruning: v.exactOptional(v.array(v.string())),
      }),
    ),
  ),
  seed: int,
  calibration: v.object({
    samples: int,
    sha256: v.string(),
    source: v.picklist(['npz', 'images', 'synthetic']),
    preprocessing: v.exactOptional(preprocessing),
  }),
  arithmetic,
  sample: v.object({ index: int, sha256: v.string() }),
  inputs: v.array(v.string()),
  outputs: v.array(v.string()),
  tensors: dictionaryOf(tensor),
  ops: v.array(op),
  islands: v.array(island),
  report: v.exactOptional(report),
  /** Formats besides tensors/ and params/, with every option. */
  exports: v.exactOptional(
    v.array(v.object({ format: v.string(), options: v.record(v.string(), v.union([v.number(), v.string(), v.boolean()])) })),
  ),
  files: dictionaryOf(v.string()),
});

export type Manifest = v.InferOutput<typeof manifestSchema>;
export type ManifestTensor = v.InferOutput<typeof tensor>;
export type ManifestOp = v.InferOutput<typeof op>;
export type ManifestIsland = v.InferOutput<typeof island>;
export type ManifestArithmetic = v.InferOutput<typeof arithmetic>;
export type ManifestFiles = ManifestOp['files'];
export type TensorRole = ManifestTensor['role'];

/** Throws `bad-bundle` naming the first key that is wrong. */
export function parseManifest(text: string): Manifest {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new StudioError({ code: 'bad-bundle', what: 'manifest.json is not JSON', where: { file: 'manifest.json' } });
  }
  const result = v.safeParse(manifestSchema, data);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new StudioError({
    code: 'bad-bundle',
    what: `manifest.json does not fit its format at ${v.getDotPath(issue) ?? 'the top'}`,
    expected: issue.expected ?? 'another value',
    got: issue.received,
    where: { file: 'manifest.json' },
  });
}

/** Two spaces, keys in the order given by the writer, one line feed at the end. */
export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}
