/** Laws over all families, and the few rules that no runtime can be asked about. */
import { describe, expect, test } from 'vitest';
import type { AttrValue, Node, NodeId, ValueName } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import { integerRuleOf } from './lower/rules';
import type { ShapeInput, TypedShape } from './family';
import { families, familyOf } from './registry';
import { fromNumbers } from './storage';

const float = (...shape: number[]): TypedShape => ({ dtype: 'float32', shape });
const ints = (...value: number[]): AttrValue => ({ type: 'ints', value });
const int = (value: number): AttrValue => ({ type: 'int', value });
const list = (...values: number[]): Tensor => fromNumbers('int64', [values.length], values);

interface Case {
  readonly inputs: readonly (TypedShape | Tensor | undefined)[];
  readonly attrs?: Readonly<Record<string, AttrValue>>;
  readonly opset?: number;
  readonly outputs?: number;
  readonly domain?: string;
}

function nodeOf(op: string, c: Case): Node {
  return {
    id: 'layer' as NodeId,
    op,
    domain: c.domain ?? '',
    inputs: c.inputs.map((x, i) => (x === undefined ? undefined : (`in${i}` as ValueName))),
    outputs: Array.from({ length: c.outputs ?? 1 }, (_, i) => `out${i}` as ValueName),
    attrs: c.attrs ?? {},
    sources: [],
  };
}

const isTensor = (x: TypedShape | Tensor | undefined): x is Tensor => x !== undefined && 'data' in x;

function shapes(op: string, c: Case): readonly (readonly number[])[] {
  const constant: ShapeInput['constant'] = (i) => {
    const x = c.inputs[i];
    return isTensor(x) ? x : undefined;
  };
  const family = familyOf(op, c.domain ?? '');
  if (!family) throw new Error(op);
  return family.shape({ node: nodeOf(op, c), opset: c.opset ?? 13, inputs: c.inputs, constant }).map((t) => t.shape);
}

function values(
  op: string,
  c: { readonly inputs: readonly Tensor[]; readonly attrs?: Readonly<Record<string, AttrValue>>; readonly opset?: number },
): Tensor {
  const family = familyOf(op, '');
  const result = family?.evaluate?.({ node: nodeOf(op, c), opset: c.opset ?? 13, inputs: c.inputs, outputs: [] })[0];
  if (!result) throw new Error(op);
  return result;
}

describe('the registry', () => {
  test('has every operator type and every family id once', () => {
    const types = families.flatMap((f) => f.types);
    expect(new Set(types).size).toBe(types.length);
    expect(new Set(families.map((f) => f.id)).size).toBe(families.length);
  });

  test('finds families by type and domain', () => {
    expect(familyOf('Conv', '')?.id).toBe('conv');
    expect(familyOf('Conv', 'ai.onnx')).toBe(familyOf('Conv', ''));
    expect(familyOf('MatMul', 't2c')).toBe(familyOf('MatMul', ''));
    expect(familyOf('Gelu', 'com.microsoft')?.id).toBe('elementwise');
    expect(familyOf('Conv', 'com.microsoft')).toBeUndefined();
    expect(familyOf('NoSuchOperator', '')).toBeUndefined();
  });

  test('what passes a quantizer on has an integer rule, and what has a rule has a float rule', () => {
    for (const family of families) {
      for (const type of family.types) {
        const [op = '', domain = ''] = type.split(':').reverse();
        const rule = integerRuleOf(op, domain);
        if (family.quantizer === 'pass') expect(rule, type).toBeDefined();
        if (rule) expect(family.evaluate, type).toBeDefined();
      }
    }
  });

  test('says which operand is the weight', () => {
    const role = (op: string, c: Case) => familyOf(op, '')?.weight?.(nodeOf(op, c), c.inputs);
    const conv = { inputs: [float(1, 3, 8, 8), float(4, 3, 3, 3), float(4)] };
    expect(role('Conv', conv)).toEqual({ input: 1, channelAxis: 0, biasInput: 2 });
    expect(role('Conv', { inputs: conv.inputs.slice(0, 2) })).toEqual({ input: 1, channelAxis: 0, biasInput: undefined });
    expect(role('Gemm', { inputs: [float(1, 3), float(3, 4)] })?.channelAxis).toBe(1);
    expect(role('Gemm', { inputs: [float(1, 3), float(4, 3)], attrs: { transB: int(1) } })?.channelAxis).toBe(0);
    expect(role('MatMul', { inputs: [float(1, 3), float(3, 4), float(4)] })).toEqual({ input: 1, channelAxis: 1, biasInput: 2 });
    expect(role('Add', { inputs: [float(1), float(1)] })).toBeUndefined();
  });

  // by hand: one product per output element and weight of its channel
  test.each([
    ['Conv', { inputs: [float(1, 6, 5, 5), float(4, 3, 3, 3)], attrs: { group: int(2) } }, 4 * 3 * 3 * (3 * 3 * 3)],
    ['Conv', { inputs: [float(1, 6, 5, 5), float(6, 1, 3, 3)], attrs: { group: int(6) } }, 6 * 3 * 3 * 9],
    ['ConvTranspose', { inputs: [float(1, 2, 3, 3), float(2, 5, 2, 2)] }, 2 * 9 * (5 * 4)],
    ['Gemm', { inputs: [float(7, 2), float(7, 3)], attrs: { transA: int(1) } }, 2 * 3 * 7],
    ['MatMul', { inputs: [float(2, 4, 5), float(5, 3)] }, 2 * 4 * 3 * 5],
    ['Einsum', { inputs: [float(2, 3), float(3, 4)], attrs: { equation: { type: 'string', value: 'ij,jk->ik' } } }, 2 * 3 * 4],
  ] as readonly [string, Case, number][])('counts the products of %s', (op, c, macs) => {
    const inputs = c.inputs.filter((t) => t !== undefined);
    const outputs = shapes(op, c).map((shape) => float(...shape));
    expect(familyOf(op, '')?.macs?.(nodeOf(op, c), inputs, outputs)).toBe(macs);
  });
});

describe('shapes', () => {
  test.each([
    ['Conv', { inputs: [float(1, 3, 8, 8), float(4, 2, 3, 3)] }],
    ['Conv', { inputs: [float(1, 3, 2, 2), float(4, 3, 3, 3)] }],
    ['Conv', { inputs: [float(1, 3, 8, 8), float(4, 3, 3, 3), float(3)] }],
    ['Conv', { inputs: [float(1, 3, 8, 8)] }],
    ['Gemm', { inputs: [float(2, 3), float(4, 5)] }],
    ['MatMul', { inputs: [float(2, 3), float(4, 5)] }],
    ['MatMul', { inputs: [float(2, 3), float(3, 5), float(4)], domain: 't2c' }],
    ['Add', { inputs: [float(2, 3), float(2, 4)] }],
    ['BatchNormalization', { inputs: [float(1, 3, 2), float(3), float(3), float(3), float(2)] }],
    ['MaxPool', { inputs: [float(1, 2, 2, 2)], attrs: { kernel_shape: ints(3, 3) } }],
    ['Reshape', { inputs: [float(2, 3), list(4, 2)] }],
    ['Reshape', { inputs: [float(2, 3), list(-1, 4)] }],
    ['Reshape', { inputs: [float(2, 3), list(-1, -1)] }],
    ['Reshape', { inputs: [float(6), list(3, 2, 0)] }],
    ['Flatten', { inputs: [float(2, 3)], attrs: { axis: int(3) } }],
    ['Squeeze', { inputs: [float(2, 3), list(0)] }],
    ['Unsqueeze', { inputs: [float(2), list(0, 0)] }],
    ['Transpose', { inputs: [float(2, 3)], attrs: { perm: ints(0, 0) } }],
    ['Concat', { inputs: [float(2, 3), float(3, 4)], attrs: { axis: int(0) } }],
    ['Split', { inputs: [float(5)], outputs: 2 }],
    ['Slice', { inputs: [float(5), list(0, 1), list(1)] }],
    ['Pad', { inputs: [float(5, 5), list(1, 1)] }],
    ['Gather', { inputs: [float(5), list(0)], attrs: { axis: int(1) } }],
    ['Softmax', { inputs: [float(5)], attrs: { axis: int(2) } }],
    ['LayerNormalization', { inputs: [float(2, 5), float(4)], opset: 17 }],
  ] as readonly [string, Case][])('%s with operands that do not fit is refused by name (case %#)', (op, c) => {
    expect(() => shapes(op, c)).toThrow(expect.objectContaining({ code: 'bad-shape' }));
    expect(() => shapes(op, c)).toThrow(/expected .* got .*\[node layer/);
  });

  test.each([
    ['Reshape', { inputs: [float(2, 3), { dtype: 'int64', shape: [2] }] }],
    ['Slice', { inputs: [float(5), { dtype: 'int64', shape: [1] }, list(3)] }],
    ['Expand', { inputs: [float(1), { dtype: 'int64', shape: [2] }] }],
    ['Resize', { inputs: [float(1, 1, 2, 2), undefined, { dtype: 'float32', shape: [4] }] }],
    ['Range', { inputs: [{ dtype: 'int64', shape: [] }, list(3), list(1)] }],
    ['TopK', { inputs: [float(5), { dtype: 'int64', shape: [1] }], outputs: 2 }],
    ['NonZero', { inputs: [float(5)] }],
    ['ConstantOfShape', { inputs: [{ dtype: 'int64', shape: [2] }] }],
  ] as readonly [string, Case][])('%s that depends on data names the tensor', (op, c) => {
    expect(() => shapes(op, c)).toThrow(expect.objectContaining({ code: 'dynamic-shape' }));
    expect(() => shapes(op, c)).toThrow(/tensor in\d/);
  });

  test('a batch normalization in training mode is refused', () => {
    const c = { inputs: [float(1, 3, 2), float(3), float(3), float(3), float(3)], attrs: { training_mode: int(1) } };
    expect(() => shapes('BatchNormalization', c)).toThrow(expect.objectContaining({ code: 'unsupported-operator' }));
  });

  test('outputs that only training has still have shapes, as old exporters name them', () => {
    const inputs = [float(1, 3, 2), float(3), float(3), float(3), float(3)];
    expect(shapes('BatchNormalization', { inputs, opset: 7, outputs: 5 })).toEqual([[1, 3, 2], [3], [3], [3], [3]]);
  });

  test('before opset 7 the second operand lines up with the axis that is named', () => {
    const attrs = { broadcast: int(1), axis: int(1) };
    expect(shapes('Add', { inputs: [float(2, 3, 4, 5), float(3, 4)], attrs, opset: 6 })).toEqual([[2, 3, 4, 5]]);
    expect(() => shapes('Add', { inputs: [float(2, 3, 4, 5), float(3, 4)], attrs, opset: 7 })).toThrow();
    const x = fromNumbers('float32', [2, 2], [1, 2, 3, 4]);
    const sum = values('Add', { inputs: [x, fromNumbers('float32', [2], [10, 20])], attrs: { broadcast: int(1), axis: int(0) }, opset: 6 });
    expect([...(sum.data as Float32Array)]).toEqual([11, 12, 23, 24]);
  });
});

describe('integers', () => {
  const big = (...v: bigint[]): Tensor => ({ dtype: 'int64', shape: [v.length], data: BigInt64Array.from(v) });
  const large = 2n ** 62n + 1n;

  test.each([
    ['Add', big(large, -1n), big(1n, -large), [large + 1n, -1n - large]],
    ['Sub', big(large, 5n), big(1n, 7n), [large - 1n, -2n]],
    ['Mul', big(2n ** 31n + 1n, -3n), big(2n ** 31n - 1n, 5n), [2n ** 62n - 1n, -15n]],
    ['Div', big(large, -7n, 7n), big(2n, 2n, -2n), [2n ** 61n, -3n, -3n]],
    ['Mod', big(large, -7n, 7n), big(2n, 3n, -3n), [1n, 2n, -2n]],
    ['Max', big(large, -1n), big(large - 1n, 0n), [large, 0n]],
    ['Pow', big(3n, -2n), big(39n, 61n), [3n ** 39n, -(2n ** 61n)]],
  ])('%s of 64 bits is exact', (op, a, b, want) => {
    expect([...(values(op, { inputs: [a, b] }).data as BigInt64Array)]).toEqual(want);
  });

  test('comparisons of 64 bits are exact', () => {
    expect([...(values('Equal', { inputs: [big(large), big(large - 1n)] }).data as Uint8Array)]).toEqual([0]);
    expect([...(values('Greater', { inputs: [big(large), big(large - 1n)] }).data as Uint8Array)]).toEqual([1]);
  });

  test('products of 32 bits wrap', () => {
    const a = fromNumbers('int32', [2], [2 ** 31 - 1, -65537]);
    const product = values('Mul', { inputs: [a, a] }).data as Int32Array;
    expect([...product]).toEqual([BigInt(2 ** 31 - 1), -65537n].map((v) => Number(BigInt.asIntN(32, v * v))));
  });

  test('an integer divided by 0 is an error by name', () => {
    expect(() => values('Div', { inputs: [big(1n), big(0n)] })).toThrow(expect.objectContaining({ code: 'bad-data' }));
  });

  test('an index beyond its axis is an error by name', () => {
    expect(() => values('Gather', { inputs: [list(1, 2, 3), list(3)] })).toThrow(/at most 2.*got 3/);
  });
});
