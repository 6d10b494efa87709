/**
 * Ops of the integer model as entries of manifest.json and back. Law: fromManifest(toManifest(op)) equals
 * op, key by key. What only the sample knows (accumulator bits seen, file names) is added on the way out.
 */
import type { Arithmetic, IntOp, MultiplierStyle } from '../ir/integer-model';
import type { ManifestArithmetic, ManifestFiles, ManifestOp } from './manifest';

/** What the bundle adds to an op. */
export interface OpExtras {
  readonly files: ManifestFiles;
  /** Two's complement width of the accumulator over the sample, where there is one. */
  readonly seenBits: number | undefined;
}

/** The object without its undefined keys. */
function given<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  // dropping undefined values is what the mapped type says
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

export function opToManifest(op: IntOp, extras: OpExtras): ManifestOp {
  const head = { name: op.name, source: [...op.source], inputs: [...op.inputs] };
  const tail = { output: op.output, macs: op.macs, files: extras.files };
  const width = { seenBits: extras.seenBits ?? 0 };
  switch (op.kind) {
    case 'conv': {
      const { strides, pads, dilations, group } = op.attrs;
      return {
        name: op.name,
        kind: op.kind,
        source: head.source,
        inputs: head.inputs,
        weight: op.weight,
        bias: op.bias ?? null,
        attrs: { strides: [...strides], pads: [...pads], dilations: [...dilations], group },
        requant: { ...op.requant },
        accumulator: { ...op.accumulator, ...width },
        acc: op.acc,
        ...tail,
      };
    }
    case 'gemm':
    case 'matmul':
      return {
        name: op.name,
        kind: op.kind,
        source: head.source,
        inputs: head.inputs,
        weight: op.weight ?? null,
        bias: op.bias ?? null,
        attrs: { transA: 0, transB: op.attrs.transB },
        ...(op.deferred ? { deferred: op.deferred } : {}),
        requant: { ...op.requant },
        accumulator: { ...op.accumulator, ...width },
        acc: op.acc,
        ...tail,
      };
    case 'add':
    case 'sub':
      return {
        name: op.name,
        kind: op.kind,
        source: head.source,
        inputs: head.inputs,
        operands: [...op.operands],
        add: { ...op.add },
        ...tail,
      };
    case 'mul': {
      const { operands, zeroPoints, requant } = op;
      return {
        name: op.name,
        kind: op.kind,
        source: head.source,
        inputs: head.inputs,
        operands: [...operands],
        zeroPoints: [...zeroPoints],
        requant: { ...requant },
        ...tail,
      };
    }
    case 'lut':
      return { name: op.name, kind: op.kind, source: head.source, inputs: head.inputs, lut: { ...op.lut }, ...tail };
    case 'pool': {
      const p = op.pool;
      return {
        name: op.name,
        kind: op.kind,
        source: head.source,
        inputs: head.inputs,
        pool: { ...p, kernel: [...p.kernel], strides: [...p.strides], pads: [...p.pads], dilations: [...p.dilations] },
        ...(op.requant === undefined ? {} : { requant: { ...op.requant } }),
        ...(op.index === undefined ? {} : { index: op.index }),
        ...(op.accumulator === undefined ? {} : { accumulator: { ...op.accumulator, ...width } }),
        ...(op.acc === undefined ? {} : { acc: op.acc }),
        ...tail,
      };
    }
    case 'reduce':
      return {
        name: op.name,
        kind: op.kind,
        source: head.source,
        inputs: head.inputs,
        attrs: { axes: [...op.attrs.axes], keepdims: op.attrs.keepdims },
        requant: { ...op.requant },
        accumulator: { ...op.accumulator, ...width },
        acc: op.acc,
        ...tail,
      };
    case 'requant':
      return { name: op.name, kind: op.kind, source: head.source, inputs: head.inputs, requant: { ...op.requant }, ...tail };
    case 'softmax': {
      const { mask, ...softmax } = op.softmax;
      return {
        name: op.name,
        kind: op.kind,
        source: head.source,
        inputs: head.inputs,
        softmax: { ...softmax, mask: mask ?? null },
        ...tail,
      };
    }
    case 'layernorm':
      return { name: op.name, kind: op.kind, source: head.source, inputs: head.inputs, layernorm: { ...op.layernorm }, ...tail };
    case 'where': {
      const { condition, operands } = op;
      return { name: op.name, kind: op.kind, source: head.source, inputs: head.inputs, condition, operands: [...operands], ...tail };
    }
    case 'reshape':
    case 'transpose':
    case 'concat':
    case 'slice':
    case 'pad':
    case 'expand':
    case 'gather': {
      const a = op.attrs;
      const copy = (list: readonly number[] | undefined): number[] | undefined => list && [...list];
      const attrs = given({
        perm: copy(a.perm),
        axis: a.axis,
        starts: copy(a.starts),
        ends: copy(a.ends),
        axes: copy(a.axes),
        steps: copy(a.steps),
        pads: copy(a.pads),
        value: a.value,
        mode: a.mode,
        indices: a.indices,
      });
      const operands = op.operands === undefined ? {} : { operands: [...op.operands] };
      const table = op.table === undefined ? {} : { table: op.table };
      return { name: op.name, kind: op.kind, source: head.source, inputs: head.inputs, ...operands, ...table, attrs, ...tail };
    }
    default:
      return op satisfies never;
  }
}

export function opFromManifest(m: ManifestOp): IntOp {
  const base = { name: m.name, source: m.source, inputs: m.inputs, output: m.output, macs: m.macs };
  const proof = (a: { bound: string; boundBits: number }) => ({ bound: a.bound, boundBits: a.boundBits });
  switch (m.kind) {
    case 'conv':
      return {
        ...base,
        kind: m.kind,
        weight: m.weight,
        bias: m.bias ?? undefined,
        attrs: m.attrs,
        requant: m.requant,
        acc: m.acc,
        accumulator: proof(m.accumulator),
      };
    case 'gemm':
    case 'matmul':
      return {
        ...base,
        kind: m.kind,
        weight: m.weight ?? undefined,
        bias: m.bias ?? undefined,
        attrs: { transB: m.attrs.transB },
        ...(m.deferred ? { deferred: m.deferred } : {}),
        requant: m.requant,
        acc: m.acc,
        accumulator: proof(m.accumulator),
      };
    case 'add':
    case 'sub':
      return { ...base, kind: m.kind, operands: m.operands, add: m.add };
    case 'mul':
      return { ...base, kind: m.kind, operands: m.operands, zeroPoints: m.zeroPoints, requant: m.requant };
    case 'lut':
      return { ...base, kind: m.kind, lut: m.lut };
    case 'pool':
      return {
        ...base,
        kind: m.kind,
        pool: m.pool,
        requant: m.requant,
        index: m.index,
        acc: m.acc,
        accumulator: m.accumulator && proof(m.accumulator),
      };
    case 'reduce':
      return { ...base, kind: m.kind, attrs: m.attrs, requant: m.requant, acc: m.acc, accumulator: proof(m.accumulator) };
    case 'requant':
      return { ...base, kind: m.kind, requant: m.requant };
    case 'softmax':
      return { ...base, kind: m.kind, softmax: { ...m.softmax, mask: m.softmax.mask ?? undefined } };
    case 'layernorm':
      return { ...base, kind: m.kind, layernorm: m.layernorm };
    case 'where':
      return { ...base, kind: m.kind, condition: m.condition, operands: m.operands };
    case 'reshape':
    case 'transpose':
    case 'concat':
    case 'slice':
    case 'pad':
    case 'expand':
    case 'gather':
      return {
        ...base,
        kind: m.kind,
        attrs: m.attrs,
        ...(m.operands === undefined ? {} : { operands: m.operands }),
        ...(m.table === undefined ? {} : { table: m.table }),
      };
    default:
      return m satisfies never;
  }
}

export function arithmeticToManifest(a: Arithmetic): ManifestArithmetic {
  const { rounding, multiplier, shift, accumulator } = a;
  const rest = { ...(shift === undefined ? {} : { shift }), ...(accumulator === undefined ? {} : { accumulator: { ...accumulator } }) };
  switch (multiplier.kind) {
    case 'normalized': {
      const width = { multiplierBits: multiplier.bits ?? 16, multiplierBitsWide: multiplier.bits ?? 24 };
      return { rounding, multiplier: 'normalized', ...width, ...rest };
    }
    case 'qformat':
      return { rounding, multiplier: 'qformat', swl: multiplier.swl, sfl: multiplier.sfl, ...rest };
    case 'pow2':
    case 'tflite':
      return { rounding, multiplier: multiplier.kind, ...rest };
    default:
      return multiplier satisfies never;
  }
}

export function arithmeticFromManifest(m: ManifestArithmetic): Arithmetic {
  const style = (): MultiplierStyle => {
    if (m.multiplier === 'pow2' || m.multiplier === 'tflite') return { kind: m.multiplier };
    if (m.multiplier === 'qformat') return { kind: 'qformat', swl: m.swl ?? 32, sfl: m.sfl ?? 26 };
    // two different widths are the default: one for outputs of at most 8 bits, one for wider ones
    return { kind: 'normalized', bits: m.multiplierBits === m.multiplierBitsWide ? m.multiplierBits : undefined };
  };
  return {
    rounding: m.rounding,
    multiplier: style(),
    ...(m.shift === undefined ? {} : { shift: m.shift }),
    ...(m.accumulator === undefined ? {} : { accumulator: m.accumulator }),
  };
}
