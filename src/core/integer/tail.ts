/**
 * The end of an integer model as a model of its own, so that of two models that begin alike only what differs is run again.
 * Law: the tail, given what the whole model has at its beginning, gives the whole model's outputs bit for bit.
 */
import type { IntegerModel, IntTensor } from '../ir/integer-model';

/** Index of the first op (or of the op that the first island stands before) at which the models differ; 0 where an input does. */
export function firstChange(a: IntegerModel, b: IntegerModel): number {
  const sameValue = (name: string): boolean => same(a.values.get(name), b.values.get(name));
  if (!same(a.arithmetic, b.arithmetic) || !same(a.inputs, b.inputs) || !a.inputs.every(sameValue)) return 0;
  const count = Math.min(a.ops.length, b.ops.length);
  let from = 0;
  while (from < count) {
    const [x, y] = [a.ops[from], b.ops[from]];
    if (!x || !y || !same(x, y) || !sameValue(x.output)) break;
    if (!namesIn(x).every((name) => same(a.constants.get(name), b.constants.get(name)))) break;
    from++;
  }
  const islands = Math.max(a.islands.length, b.islands.length);
  for (let i = 0; i < islands; i++) {
    const [x, y] = [a.islands[i], b.islands[i]];
    if (x && y && same(x, y) && sameValue(x.output)) continue;
    return Math.min(from, x?.before ?? Infinity, y?.before ?? Infinity);
  }
  return from;
}

/** From op `from` on. Its inputs are what that reads of what was computed before. */
export function tailOf(model: IntegerModel, from: number): IntegerModel {
  const ops = model.ops.slice(from);
  const islands = model.islands.filter((i) => i.before >= from).map((i) => ({ ...i, before: i.before - from }));
  const made = new Set([...ops.map((op) => op.output), ...islands.map((i) => i.output)]);
  const read = [
    ...ops.flatMap((op) => op.inputs),
    ...islands.flatMap((i) => i.operands.filter((o): o is string => typeof o === 'string')),
    ...model.outputs,
  ];
  return { ...model, ops, islands, inputs: [...new Set(read)].filter((name) => !made.has(name) && model.values.has(name)) };
}

/** The tail's inputs out of all tensors of a run; undefined where one is missing. */
export function tailInputs(tail: IntegerModel, tensors: ReadonlyMap<string, IntTensor>): ReadonlyMap<string, IntTensor> | undefined {
  const inputs = new Map<string, IntTensor>();
  for (const name of tail.inputs) {
    const t = tensors.get(name);
    if (!t) return undefined;
    inputs.set(name, t);
  }
  return inputs;
}

/** Every text in an op: names of constants among them. */
function namesIn(x: unknown): string[] {
  if (typeof x === 'string') return [x];
  if (typeof x !== 'object' || x === null || ArrayBuffer.isView(x)) return [];
  return Object.values(x).flatMap(namesIn);
}

/** Equal as plain data: by keys, and typed arrays element by element. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (ArrayBuffer.isView(a) || ArrayBuffer.isView(b)) {
    if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor || a.byteLength !== b.byteLength) return false;
    const [x, y] = [a, b].map((v) => new Uint8Array(v.buffer, v.byteOffset, v.byteLength)) as [Uint8Array, Uint8Array];
    for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
    return true;
  }
  const [x, y] = [Object.entries(a), Object.entries(b)];
  const other = new Map<string, unknown>(y);
  return x.length === y.length && x.every(([key, value]) => other.has(key) && same(value, other.get(key)));
}
