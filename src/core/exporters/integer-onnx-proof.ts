/**
 * The proof that an exported file computes with integers only: the element type of every tensor is derived from the
 * file's bytes alone, from what each operator is defined to return. It trusts nothing that the exporter knows.
 */
import { readModel } from '../onnx/read';
import { dtypeOf } from '../onnx/dtypes';
import type { Node } from '../ir/model';
import type { DType } from '../ir/tensor';

/** Operators that return the element type of their first input. */
const sameType: ReadonlySet<string> = new Set([
  ...['Add', 'Sub', 'Mul', 'Div', 'Mod', 'Sign', 'Clip', 'Round', 'Identity', 'ReduceSum', 'ReduceMax', 'MaxPool'],
  ...['Min', 'Max', 'Abs'],
  ...['Reshape', 'Transpose', 'Concat', 'Slice', 'Pad', 'Expand', 'Gather'],
]);

/** Operators of a quantization written out: x / s, ties to even, cut to the range. */
const bordering: ReadonlySet<string> = new Set(['Div', 'Round', 'Clip']);

/**
 * Names of the real tensors of an integer model that are neither its inputs and outputs nor on the way of an input to
 * its integers. Empty: nothing but integers inside. Outputs of operators that are not known count as real.
 */
export function floatTensorsInside(bytes: Uint8Array): string[] {
  const { graph } = readModel(bytes, 'integer.onnx');
  const types = new Map<string, DType>();
  for (const v of graph.inputs) types.set(v.name, v.dtype);
  for (const [name, ref] of graph.initializers) types.set(name, ref.dtype);
  const border = new Set<string>(graph.inputs.map((v) => v.name));
  const outputs = new Set<string>(graph.outputs.map((v) => v.name));
  const inside: string[] = [];
  for (const node of graph.nodes) {
    const dtype = resultType(node, types);
    for (const out of node.outputs) {
      types.set(out, dtype);
      if (!dtype.startsWith('float') && dtype !== 'bfloat16') continue;
      if (bordering.has(node.op) && border.has(node.inputs[0] ?? '')) border.add(out);
      else if (node.op !== 'DequantizeLinear' || !outputs.has(out)) inside.push(out);
    }
  }
  return inside;
}

function resultType(node: Node, types: ReadonlyMap<string, DType>): DType {
  const typeOf = (i: number): DType => types.get(node.inputs[i] ?? '') ?? 'float32';
  if (node.domain !== '') return 'float32';
  if (sameType.has(node.op)) return typeOf(0);
  if (node.op === 'ConvInteger' || node.op === 'MatMulInteger') return 'int32';
  if (node.op === 'QuantizeLinear') return node.inputs[2] === undefined ? 'uint8' : typeOf(2);
  const to = node.attrs['to'];
  if (node.op === 'Cast' && to?.type === 'int') return dtypeOf(to.value) ?? 'float32';
  return 'float32';
}
