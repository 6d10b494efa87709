/**
 * Hand-made canonical models for tests: nodes in a few words, shapes written out, ranges instead of a
 * calibration run.
 */
import type { Calibration } from '../calibrate/types';
import type { AttrValue, CanonicalModel, Node, NodeId, ValueInfo, ValueName } from '../ir/model';
import { sizeOf, type Tensor } from '../ir/tensor';
import { rangeHistogram, statsOf } from '../quant/observers/range-histogram';

export interface NodeSketch {
  readonly op: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attrs?: Readonly<Record<string, number | string | readonly number[]>>;
  readonly clamp?: Node['clamp'];
}

export interface Sketch {
  readonly nodes: readonly NodeSketch[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Values of int64; all others are float32. */
  readonly whole?: readonly string[];
  /** 13 by default. */
  readonly opset?: number;
  /** Of activations. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Float32 constants, or int64 where `ints` says so. */
  readonly constants?: Readonly<
    Record<
      string,
      { readonly shape: readonly number[]; readonly data: ArrayLike<number>; readonly ints?: boolean; readonly bools?: boolean }
    >
  >;
}

/** A whole number is an ONNX int; floats are given as text. */
function attribute(v: number | string | readonly number[]): AttrValue {
  if (typeof v === 'number') return { type: 'int', value: v };
  if (typeof v !== 'string') return { type: 'ints', value: v };
  return /^[-\d]/.test(v) ? { type: 'float', value: Number(v) } : { type: 'string', value: v };
}

/** Stems are `<op><index>`, in lower case. */
export function canonicalModel(s: Sketch): CanonicalModel {
  const name = (n: string): ValueName => n as ValueName;
  const info = (n: string): ValueInfo => ({ name: name(n), dtype: s.whole?.includes(n) ? 'int64' : 'float32', shape: s.shapes[n] });
  const nodes = s.nodes.map((n, i): Node => ({
    id: `node${i}` as NodeId,
    op: n.op,
    domain: n.domain ?? '',
    inputs: n.inputs.map((x) => (x === '' ? undefined : name(x))),
    outputs: n.outputs.map(name),
    attrs: Object.fromEntries(Object.entries(n.attrs ?? {}).map(([k, v]) => [k, attribute(v)])),
    sources: [`node${i}`],
    ...(n.clamp ? { clamp: n.clamp } : {}),
  }));
  const constants = new Map<string, Tensor>();
  for (const [n, c] of Object.entries(s.constants ?? {})) {
    const data = c.ints === true ? BigInt64Array.from(c.data as readonly number[], BigInt) : Float32Array.from(c.data);
    if (data.length !== sizeOf(c.shape)) throw new Error(`constant ${n}`);
    if (c.bools === true) {
      constants.set(n, { dtype: 'bool', shape: c.shape, data: Uint8Array.from(c.data) });
      continue;
    }
    constants.set(n, { dtype: c.ints === true ? 'int64' : 'float32', shape: c.shape, data });
  }
  return {
    model: {
      name: 'sketch',
      irVersion: 8,
      opsets: { '': s.opset ?? 13 },
      producer: '',
      graph: {
        name: 'g',
        nodes,
        inputs: s.inputs.map(info),
        outputs: s.outputs.map(info),
        initializers: new Map(),
        values: new Map(Object.keys(s.shapes).map((n) => [name(n), info(n)])),
      },
      provenance: [],
    },
    stems: new Map(nodes.map((n, i) => [n.id, `${n.op.toLowerCase()}${i}`])),
    constants: (n) => constants.get(n),
  };
}

/** Statistics of values with the ranges given. */
export function calibrationOf(ranges: Readonly<Record<string, readonly [number, number]>>): Calibration {
  const stats = Object.entries(ranges).map(([n, [lo, hi]]) => {
    const state = rangeHistogram.update(rangeHistogram.start(), Float32Array.of(lo, hi));
    return [n as ValueName, statsOf(state)] as const;
  });
  return { samples: 1, sha256: '', source: 'npz', stats: new Map(stats), wallMs: 0, provider: 'wasm' };
}
