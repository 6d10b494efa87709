/**
 * ONNX's own operator cases (fixtures/onnx-cases.bin.gz, packed by scripts/onnx-cases.ts) and how one is run: the float rules
 * on the file as it is, the shape rules, and the canonical form under the float rules. What is compared is said here.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { quietContext } from '../base/context';
import { StudioError } from '../base/errors';
import type { Model, ValueName } from '../ir/model';
import { sizeOf, type DType, type Tensor } from '../ir/tensor';
import { readModel } from '../onnx/read';
import { readTensor } from '../onnx/read-tensor';
import { decodeTensor } from '../onnx/tensor-data';
import { WireReader } from '../onnx/wire';
import { canonicalise } from './canonical';
import { isFloatType, refOf } from './constants';
import { decodeConstants } from './decode-constants';
import { floatExecutor } from './float-executor';
import { foldConstants } from './infer-and-fold';
import { withGraph } from './pass';
import { interpret } from './sketch.fixture';
import { withInputShapes } from './static-shapes';

export interface OnnxCase {
  readonly name: string;
  readonly model: Uint8Array;
  /** In the order of the model's inputs and outputs. */
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}

interface Index {
  readonly name: string;
  readonly model: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export function onnxCases(): OnnxCase[] {
  const file = gunzipSync(readFileSync(join(import.meta.dirname, '../../../fixtures/onnx-cases.bin.gz')));
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.length);
  let at = 4 + file.readUInt32LE(0);
  // our own file
  const index = JSON.parse(file.toString('utf8', 4, at)) as readonly Index[];
  const next = (length: number): Uint8Array => bytes.subarray(at, (at += length));
  return index.map(({ name, model, inputs, outputs }) => ({
    name,
    model: next(model),
    inputs: inputs.map(next),
    outputs: outputs.map(next),
  }));
}

/** Relative and absolute tolerance by element type; everything else is exact. */
const tolerances: Partial<Record<DType, readonly [number, number]>> = {
  float32: [1e-5, 1e-6],
  float64: [1e-5, 1e-6],
  float16: [2e-3, 1e-3],
  bfloat16: [1e-2, 1e-2],
};

const tensorOf = (bytes: Uint8Array, name: string): Tensor => decodeTensor(readTensor(new WireReader(bytes, name), new Map()));

/** Why `got` is not what was expected; undefined: it is. */
function difference(got: Tensor | undefined, want: Tensor): string | undefined {
  if (!got) return 'missing';
  if (got.shape.join() !== want.shape.join()) return `[${got.shape.join()}], not [${want.shape.join()}]`;
  const [a, b] = [got.data as ArrayLike<number | bigint>, want.data as ArrayLike<number | bigint>];
  if (a.length !== b.length) return `${a.length} elements, not ${b.length}`;
  const [relative, absolute] = tolerances[want.dtype] ?? [0, 0];
  for (let i = 0; i < b.length; i++) {
    const [x, y] = [Number(a[i]), Number(b[i])];
    const same = a[i] === b[i] || (Number.isNaN(x) && Number.isNaN(y)) || Math.abs(x - y) <= absolute + relative * Math.abs(y);
    if (!same) return `${String(a[i])}, not ${String(b[i])} at ${i}`;
  }
  return undefined;
}

/** The model with the inputs that `chosen` picks as constants. */
function baked(model: Model, values: ReadonlyMap<ValueName, Tensor>, chosen: (name: ValueName) => boolean): Model {
  const { graph } = model;
  const fixed = graph.inputs.filter((i) => chosen(i.name) && values.has(i.name));
  const made = fixed.map((i) => [i.name, refOf(i.name, values.get(i.name) as Tensor)] as const);
  return withGraph(model, {
    inputs: graph.inputs.filter((i) => !fixed.includes(i)),
    initializers: new Map([...graph.initializers, ...made]),
  });
}

/** Why the case fails; undefined: it passes. */
export async function faultOf(c: OnnxCase): Promise<string | undefined> {
  try {
    return await compared(c);
  } catch (e) {
    return e instanceof Error ? e.message : String(e);
  }
}

async function compared(c: OnnxCase): Promise<string | undefined> {
  const ctx = quietContext();
  const model = readModel(c.model, `${c.name}.onnx`);
  const { inputs, outputs } = model.graph;
  const values = new Map(c.inputs.flatMap((bytes, i) => (inputs[i] ? [[inputs[i].name, tensorOf(bytes, c.name)] as const] : [])));
  const want = new Map(c.outputs.map((bytes, i) => [outputs[i]?.name as ValueName, tensorOf(bytes, c.name)]));

  const executor = await floatExecutor(model, ctx);
  if (executor) {
    const got = await executor.run(values, ctx);
    for (const [i, o] of outputs.entries()) {
      const fault = difference(got[i], want.get(o.name) as Tensor);
      if (fault !== undefined) return `float rule: ${o.name}: ${fault}`;
    }
  }

  const shapes = new Map([...values].map(([name, t]) => [name, t.shape] as const));
  const whole = (name: ValueName): boolean => !isFloatType((values.get(name) as Tensor).dtype);
  const every = (): boolean => true;
  const folded = (chosen: (name: ValueName) => boolean) =>
    foldConstants(decodeConstants.run(baked(withInputShapes(model, shapes), values, chosen)), ctx);
  const inferred = await orElse(
    () => folded(whole),
    () => folded(every),
  );
  for (const o of inferred.graph.outputs) {
    const [got, expected] = [o, want.get(o.name) as Tensor].map((t) => `${t.dtype}[${t.shape?.join() ?? '?'}]`);
    if (got !== expected) return `shape rule: ${o.name}: ${got}, not ${expected}`;
  }

  // what shape rules may ask for is constant, and so is what has no element: one sample has some
  const fixed = (name: ValueName): boolean =>
    sizeOf((values.get(name) as Tensor).shape) === 0 ||
    (whole(name) && model.graph.nodes.some((n) => n.inputs.some((input, i) => i > 0 && input === name)));
  const canonical = await orElse(
    () => canonicalOf(baked(model, values, fixed), shapes),
    () => canonicalOf(baked(model, values, every), shapes),
  );
  if (canonical === undefined) return undefined;
  // half floats have become float32
  const given = canonical.graph.inputs.map((i) => [i.name, { ...(values.get(i.name) as Tensor), dtype: i.dtype }] as const);
  const got = interpret(canonical, new Map(given));
  for (const { name } of canonical.graph.outputs) {
    const expected = want.get(name);
    const fault = expected && difference(got.get(name), expected);
    if (fault !== undefined) return `canonical form: ${name}: ${fault}`;
  }
  return undefined;
}

/** undefined: all outputs are constant, and that is refused by name. */
async function canonicalOf(model: Model, shapes: ReadonlyMap<ValueName, readonly number[]>): Promise<Model | undefined> {
  const chosen = model.graph.inputs.map((i) => [i.name, shapes.get(i.name) ?? []] as const);
  try {
    return (await canonicalise(model, { shapes: Object.fromEntries(chosen) }, quietContext())).model;
  } catch (e) {
    if (e instanceof StudioError && e.message.startsWith('No output of the model depends on its input')) return undefined;
    throw e;
  }
}

/** The second way where a shape depends on data. */
async function orElse<T>(first: () => Promise<T>, second: () => Promise<T>): Promise<T> {
  try {
    return await first();
  } catch (e) {
    if (e instanceof StudioError && e.fields.code === 'dynamic-shape') return second();
    throw e;
  }
}
