/**
 * A node without an integer form: its operands are dequantized, the operator family's float rule runs, and
 * its result is quantized. The one place of the executor where real numbers occur; every use is listed.
 */
import { own } from '../../base/dictionary';
import { StudioError, type ErrorPlace } from '../../base/errors';
import type { FloatIsland, IntegerModel, IntTensor, QuantInfo } from '../../ir/integer-model';
import type { DType, Tensor } from '../../ir/tensor';
import { familyOf } from '../../ops/registry';
import { dequantizeAffine, quantizeAffine } from '../../quant/affine';
import { newTensor, operandOf, valueOf, type Numbers, type Tensors } from './tensors';

export function executeIsland(island: FloatIsland, tensors: Tensors, model: IntegerModel): IntTensor {
  const where = { node: island.node, op: island.op, value: island.output };
  const output = newTensor(model, island.output);
  output.data.set(saturated(islandFloats(island, tensors, model), quantOf(model, island.output), where));
  return output;
}

/** The result before it is quantized. */
export function islandFloats(island: FloatIsland, tensors: Tensors, model: IntegerModel): Float32Array {
  const family = familyOf(island.source.op, island.source.domain);
  const where = { node: island.node, op: island.op };
  if (!family?.evaluate) throw new StudioError({ code: 'unsupported-operator', what: 'The operator cannot be computed here', where });
  const inputs = island.operands.map((o): Tensor | undefined => {
    if (typeof o !== 'string') return o;
    const x = operandOf(model, tensors, o);
    const dtype = own(island.whole, o);
    if (dtype !== undefined) return wholeTensor(dtype, x.value.shape, x.data);
    return { dtype: 'float32', shape: x.value.shape, data: dequantizeAffine(x.data, quantOf(model, o)) };
  });
  const target = valueOf(model, island.output);
  const outputs = island.source.outputs.map((name) => ({
    dtype: 'float32' as const,
    shape: model.values.get(name)?.shape ?? target.shape,
  }));
  const results = family.evaluate({ node: island.source, opset: island.opset, inputs, outputs });
  const result = results[island.source.outputs.findIndex((name) => name === island.output)];
  if (result?.dtype !== 'float32')
    throw new StudioError({ code: 'unsupported-dtype', what: 'A float island gave no float32 tensor', where });
  return clamped(result.data as Float32Array, island.source); // narrowed by the dtype just checked
}

/** A Relu or Clip that was fused into the node. */
function clamped(x: Float32Array, { clamp }: FloatIsland['source']): Float32Array {
  return clamp ? x.map((v) => Math.min(Math.max(v, clamp.lo), clamp.hi)) : x;
}

/** As ONNX QuantizeLinear: an infinity (the logarithm of a value that was quantized to 0) is the end of the range. */
function saturated(x: Float32Array, q: QuantInfo, where: ErrorPlace): Int32Array {
  const infinite: number[] = [];
  for (let i = 0; i < x.length; i++) {
    const v = x[i] as number;
    if (Number.isNaN(v)) {
      throw new StudioError({
        code: 'not-finite',
        what: 'An operator that runs in float gave NaN for the quantized values of its operands',
        got: `NaN at index ${i}`,
        where,
        todo: 'Give the layers before it more bits, or calibrate on other samples',
      });
    }
    if (v - v !== 0) infinite.push(i);
  }
  if (infinite.length === 0) return quantizeAffine(x, q);
  const out = quantizeAffine(
    x.map((v) => (v - v === 0 ? v : 0)),
    q,
  );
  for (const i of infinite) out[i] = (x[i] as number) > 0 ? q.hi : q.lo;
  return out;
}

function wholeTensor(dtype: DType, shape: readonly number[], data: Numbers): Tensor {
  if (dtype === 'int64') return { dtype, shape, data: BigInt64Array.from(data, BigInt) };
  if (dtype === 'int8') return { dtype, shape, data: Int8Array.from(data) };
  if (dtype === 'bool' || dtype === 'uint8') return { dtype, shape, data: Uint8Array.from(data) };
  return { dtype: 'int32', shape, data: Int32Array.from(data) };
}

function quantOf(model: IntegerModel, name: string): QuantInfo {
  const q = valueOf(model, name).quant;
  if (!q) throw new StudioError({ code: 'internal', what: 'A value has no quantizer', where: { value: name } });
  return q;
}
