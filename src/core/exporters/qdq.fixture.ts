/**
 * Runs fake-quantized models in ONNX Runtime (Node) and holds them to the integer path, op by op, for tests.
 */
import type { IntegerModel, IntTensor } from '../ir/integer-model';
import type { CanonicalModel, Model, ValueName } from '../ir/model';
import { executeOp } from '../integer/execute';
import { nonlinearSlack } from '../integer/float-nonlinear';
import { reciprocalSlack } from '../integer/float-reference';
import type { QuantPlan } from '../integer/plan';
import { withExtraOutputs } from '../onnx/extra-outputs';
import type { DType } from '../ir/tensor';
import { dequantizeAffine, fakeQuantizeAffine, newStorage, quantizeAffine } from '../quant/affine';

/** A tensor by name, as the runtime takes and gives it. */
export interface Named {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;
}

/** What the tests need of the Runner port (the core's own files do not know it). */
export interface FloatRuntime {
  load(model: Uint8Array, options: { readonly provider: 'wasm'; readonly exact: true }): Promise<FloatSession>;
}

interface FloatSession {
  run(
    feeds: readonly Named[],
    outputs: readonly string[],
  ): Promise<readonly { readonly name: string; readonly data: ArrayBufferView | readonly string[] }[]>;
  close(): Promise<void>;
}

/** Float results by name. */
export interface Result {
  readonly name: string;
  readonly data: Float32Array;
}

/** The values asked for, from the file's bytes. */
export async function runBytes(
  runtime: FloatRuntime,
  bytes: Uint8Array,
  feeds: readonly Named[],
  names: readonly string[],
): Promise<Result[]> {
  const asked = names.map((name) => ({ name: name as ValueName, dtype: 'float32', shape: undefined }) as const);
  const session = await runtime.load(withExtraOutputs(bytes, asked), { provider: 'wasm', exact: true });
  try {
    const tensors = await session.run(feeds, names);
    return tensors.map(({ name, data }) => {
      if (!(data instanceof Float32Array)) throw new Error(`${name} is no float32 tensor`);
      return { name, data };
    });
  } finally {
    await session.close();
  }
}

/** Every float value of the model, from its fake-quantized form. */
export async function fakeValues(
  runtime: FloatRuntime,
  c: CanonicalModel,
  plan: QuantPlan,
  bytes: Uint8Array,
  feeds: readonly Named[],
): Promise<Map<string, Float32Array>> {
  const inputs = new Set<string>(c.model.graph.inputs.map((i) => i.name));
  const names = [...plan.activations.keys()].filter((name) => !inputs.has(name));
  const tensors = await runBytes(runtime, bytes, feeds, names);
  const values = new Map(tensors.map((t) => [t.name, t.data]));
  for (const f of feeds) {
    const q = plan.activations.get(f.name as ValueName);
    if (q) values.set(f.name, fakeQuantizeAffine(f.data as Float32Array, q));
  }
  return values;
}

export interface Difference {
  readonly op: string;
  readonly value: string;
  /** Largest difference in integers of the output, and what the dual-path law allows. */
  readonly worst: number;
  readonly limit: number;
}

/** Each integer op from the integers that the fake path stands for, against the fake path's own result. */
export async function differences(
  integer: IntegerModel,
  fake: ReadonlyMap<string, Float32Array>,
  whole: ReadonlyMap<string, IntTensor> = new Map(),
): Promise<Difference[]> {
  const tensors = new Map<string, IntTensor>();
  const keep = (name: string, data: ArrayLike<number>): void => {
    const v = integer.values.get(name);
    if (!v) throw new Error(name);
    const storage = newStorage(v.dtype, data.length) as Int32Array;
    storage.set(data);
    tensors.set(name, { dtype: v.dtype, shape: v.shape, data: storage });
  };
  for (const [name, t] of whole) tensors.set(name, t);
  for (const [name, data] of fake) {
    const q = integer.values.get(name)?.quant;
    if (q) keep(name, quantizeAffine(data, q));
  }
  const out: Difference[] = [];
  for (const op of integer.ops) {
    const q = integer.values.get(op.output)?.quant;
    if (!q) throw new Error(op.name);
    const real = fake.get(op.output);
    const source = op.inputs[0] === undefined ? undefined : tensors.get(op.inputs[0]);
    const from = integer.values.get(op.inputs[0] ?? '')?.quant;
    // a second quantizer: the fake path quantizes the value on its first grid
    if (!real && op.kind === 'requant' && source && from) {
      keep(op.output, quantizeAffine(dequantizeAffine(source.data as Int32Array, from), q));
      continue;
    }
    const made = await executeOp(op, tensors, integer);
    if (!real) {
      tensors.set(op.output, made.output);
      continue;
    }
    const want = quantizeAffine(real, q);
    // what softmax and layer normalization may differ by beyond the law is known per element
    const slack =
      op.kind === 'softmax' || op.kind === 'layernorm'
        ? nonlinearSlack(op, tensors, integer)
        : op.kind === 'matmul' && op.deferred && made.acc
          ? reciprocalSlack(op, new Map(tensors).set(op.acc, made.acc), integer)
          : undefined;
    let worst = 0;
    for (let i = 0; i < want.length; i++)
      worst = Math.max(worst, Math.abs((want[i] as number) - Number(made.output.data[i])) - Math.ceil(slack?.[i] ?? 0));
    out.push({ op: op.name, value: op.output, worst, limit: q.bits <= 8 ? 1 : 2 });
  }
  return out;
}

/** The first thing in which two arrays differ, bit for bit; undefined: nothing. */
export function firstDifference(a: Float32Array, b: Float32Array): string | undefined {
  if (a.length !== b.length) return `${a.length} and ${b.length} elements`;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return `${a[i]} and ${b[i]} at ${i}`;
  return undefined;
}

export function opsOf(m: Model): string[] {
  return m.graph.nodes.map((n) => n.op);
}
