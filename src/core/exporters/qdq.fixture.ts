/**
 * Runs fake-quantized models in ONNX Runtime (Node) and holds them to the integer path, op by op, for tests.
 */
import { nodeRunner } from '../../adapters/onnxruntime/node';
import type { NamedTensor } from '../../engine/ports';
import type { IntegerModel, IntTensor } from '../ir/integer-model';
import type { CanonicalModel, Model, ValueName } from '../ir/model';
import { executeOp } from '../integer/execute';
import { biasSlack } from '../integer/float-reference';
import type { QuantPlan } from '../integer/plan';
import { withExtraOutputs } from '../onnx/extra-outputs';
import { dequantizeAffine, fakeQuantizeAffine, newStorage, quantizeAffine } from '../quant/affine';

const runner = nodeRunner();

/** The values asked for, from the file's bytes. */
export async function runBytes(bytes: Uint8Array, feeds: readonly NamedTensor[], names: readonly string[]): Promise<NamedTensor[]> {
  const asked = names.map((name) => ({ name: name as ValueName, dtype: 'float32', shape: undefined }) as const);
  const session = await runner.load(withExtraOutputs(bytes, asked), { provider: 'wasm', exact: true });
  try {
    return await session.run(feeds, names);
  } finally {
    await session.close();
  }
}

/** Every float value of the model, from its fake-quantized form. */
export async function fakeValues(
  c: CanonicalModel,
  plan: QuantPlan,
  bytes: Uint8Array,
  feeds: readonly NamedTensor[],
): Promise<Map<string, Float32Array>> {
  const inputs = new Set<string>(c.model.graph.inputs.map((i) => i.name));
  const names = [...plan.activations.keys()].filter((name) => !inputs.has(name));
  const tensors = await runBytes(bytes, feeds, names);
  const values = new Map(tensors.map((t) => [t.name, t.data as Float32Array]));
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
export async function differences(integer: IntegerModel, fake: ReadonlyMap<string, Float32Array>): Promise<Difference[]> {
  const tensors = new Map<string, IntTensor>();
  const keep = (name: string, data: ArrayLike<number>): void => {
    const v = integer.values.get(name);
    if (!v) throw new Error(name);
    const storage = newStorage(v.dtype, data.length) as Int32Array;
    storage.set(data);
    tensors.set(name, { dtype: v.dtype, shape: v.shape, data: storage });
  };
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
    const made = (await executeOp(op, tensors, integer)).output;
    if (!real) {
      tensors.set(op.output, made);
      continue;
    }
    const want = quantizeAffine(real, q);
    let worst = 0;
    for (let i = 0; i < want.length; i++) worst = Math.max(worst, Math.abs((want[i] as number) - Number(made.data[i])));
    out.push({ op: op.name, value: op.output, worst, limit: (q.bits <= 8 ? 1 : 2) + biasSlack(op, integer) });
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
