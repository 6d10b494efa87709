/**
 * A node of an operator set before 13 in the form of version 13: what newer versions take as inputs (axes, pads,
 * bounds) leaves the attributes. From 13 on nodes stay as they are. Source: Changelog.md of ONNX, operator by operator.
 * Law: the node computes what it computed.
 */
import { StudioError } from '../base/errors';
import type { AttrValue, Node, ValueName } from '../ir/model';
import { sizeOf } from '../ir/tensor';
import { floatAttr, intAttr, intsAttr, stringAttr } from '../ops/family';
import type { QdqGraph } from './qdq-graph';

export const OLDEST = 13;

export interface UpgradeView {
  readonly graph: QdqGraph;
  /** Operator set of the node. */
  readonly opset: number;
  /** Static shapes of the node's inputs. */
  readonly shapes: readonly (readonly number[] | undefined)[];
}

/** Emits the node; its inputs and outputs are those of the new graph. */
export function emitUpgraded(node: Node, view: UpgradeView): void {
  const form = view.opset >= OLDEST || node.domain !== '' ? undefined : formOf(node, view);
  if (form === 'emitted') return;
  const { op, inputs, outputs, attrs } = { ...node, ...form };
  view.graph.emit(op, inputs, outputs, attrs, node);
}

type Form = Partial<Pick<Node, 'op' | 'inputs' | 'outputs' | 'attrs'>>;

function formOf(node: Node, { graph, opset, shapes }: UpgradeView): Form | 'emitted' | undefined {
  const out = node.outputs[0] ?? ('' as ValueName);
  const rest = without(node.attrs, 'consumed_inputs');
  /** Attributes become inputs from `first` on; those that are absent stay so. */
  const moved = (first: number, ...names: readonly string[]): Form => {
    const inputs = [...node.inputs.slice(0, first), ...names.map((n) => listInput(graph, node, out, n))];
    return { inputs, attrs: without(rest, ...names) };
  };
  switch (node.op) {
    case 'Clip':
      if (opset >= 11) return undefined;
      return {
        inputs: [node.inputs[0], ...['min', 'max'].map((n) => floatInput(graph, node, out, n))],
        attrs: without(rest, 'min', 'max'),
      };
    case 'Pad': {
      if (opset >= 11) return undefined;
      const pads = listInput(graph, node, out, 'pads') ?? listInput(graph, node, out, 'paddings');
      return { inputs: [node.inputs[0], pads, floatInput(graph, node, out, 'value')], attrs: without(rest, 'pads', 'paddings', 'value') };
    }
    case 'Slice':
      return opset >= 10 ? undefined : moved(1, 'starts', 'ends', 'axes');
    case 'Squeeze':
    case 'Unsqueeze':
    case 'ReduceSum':
      return moved(1, 'axes');
    case 'Split':
      return moved(1, 'split');
    case 'Reshape':
      return opset >= 5 ? undefined : moved(1, 'shape');
    case 'TopK':
      if (opset >= 10) return undefined;
      return { inputs: [node.inputs[0], graph.ints(`${out}_k`, [intAttr(node, 'k', 1)])], attrs: without(rest, 'k') };
    case 'Dropout':
      return opset >= 12 ? undefined : { op: 'Identity', inputs: node.inputs.slice(0, 1), outputs: [out], attrs: {} };
    case 'BatchNormalization':
      if (intAttr(node, 'spatial', 1) === 0) throw unsupported(node, opset, 'statistics per element');
      return { outputs: [out], attrs: without(rest, 'spatial', 'is_test') };
    case 'Softmax':
    case 'LogSoftmax':
    case 'Hardmax':
      return softmax(node, graph, shapes[0] ?? []);
    case 'Upsample':
      return resized(node, node.inputs[1] ?? graph.constant(`${out}_scales`, floatsTensor(node, 'scales')));
    case 'Resize':
      return opset >= 11 ? undefined : resized(node, node.inputs[1]);
    case 'Scatter':
      return { op: 'ScatterElements' };
    case 'Concat':
      return opset >= 4 ? undefined : { attrs: { ...rest, axis: { type: 'int', value: intAttr(node, 'axis', 1) } } };
    case 'Gemm':
      return { attrs: without(rest, 'broadcast') };
    case 'PRelu':
      return opset >= 7 ? undefined : { inputs: [node.inputs[0], aligned(node, graph, out, 1, shapes)] };
    case 'Add':
    case 'Sub':
    case 'Mul':
    case 'Div':
    case 'Pow':
    case 'And':
    case 'Or':
    case 'Xor':
    case 'Equal':
    case 'Greater':
    case 'Less':
      if (opset >= 7) return undefined;
      return { inputs: [node.inputs[0], aligned(node, graph, out, node.attrs['axis'] && intAttr(node, 'axis', 0), shapes)], attrs: {} };
    case 'Cast':
      if (node.attrs['to']?.type === 'string') throw unsupported(node, opset, 'a type by its name');
      return undefined;
    default:
      return { attrs: rest };
  }
}

/** Before 13 softmax ran over all axes from `axis` (default 1) on; from 13 over one. */
function softmax(node: Node, graph: QdqGraph, shape: readonly number[]): Form | 'emitted' {
  const out = node.outputs[0] as ValueName; // Softmax has one output
  const given = intAttr(node, 'axis', 1);
  const axis = given < 0 ? given + shape.length : given;
  const last: AttrValue = { type: 'int', value: -1 };
  if (sizeOf(shape.slice(axis)) === shape.at(-1)) return { attrs: { axis: last } };
  const flat = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))];
  const x = graph.apply('Reshape', [node.inputs[0], graph.ints(`${out}_flat_shape`, flat)], `${out}_flat`);
  const y = graph.name(`${out}_over_all`);
  graph.emit(node.op, [x], [y], { axis: last }, node);
  graph.emit('Reshape', [y, graph.ints(`${out}_shape`, shape)], [out]);
  return 'emitted';
}

/** Upsample and the first Resize know scales only; coordinates are those that they had. */
function resized(node: Node, scales: ValueName | undefined): Form {
  const mode = stringAttr(node, 'mode', 'nearest');
  const attrs: Record<string, AttrValue> = {
    mode: { type: 'string', value: mode === 'bilinear' ? 'linear' : mode },
    coordinate_transformation_mode: { type: 'string', value: 'asymmetric' },
    ...(mode === 'nearest' ? { nearest_mode: { type: 'string', value: 'floor' } } : {}),
  };
  return { op: 'Resize', inputs: [node.inputs[0], undefined, scales], attrs };
}

/** Before 7 the second operand began at axis `axis` of the first; undefined: at the end, as today. */
function aligned(
  node: Node,
  graph: QdqGraph,
  out: ValueName,
  axis: number | undefined,
  [a = [], b = []]: UpgradeView['shapes'],
): ValueName | undefined {
  const behind = axis === undefined ? 0 : a.length - (axis < 0 ? axis + a.length : axis) - b.length;
  if (behind <= 0 || sizeOf(b) === 1) return node.inputs[1];
  const shape = graph.ints(`${out}_operand_shape`, [...b, ...new Array<number>(behind).fill(1)]);
  return graph.apply('Reshape', [node.inputs[1], shape], `${out}_operand`);
}

function listInput(graph: QdqGraph, node: Node, out: string, attribute: string): ValueName | undefined {
  const values = intsAttr(node, attribute);
  return values && graph.ints(`${out}_${attribute}`, values);
}

function floatInput(graph: QdqGraph, node: Node, out: string, attribute: string): ValueName | undefined {
  return node.attrs[attribute] && graph.float(`${out}_${attribute}`, floatAttr(node, attribute, 0));
}

function floatsTensor(node: Node, attribute: string): { dtype: 'float32'; shape: number[]; data: Float32Array } {
  const a = node.attrs[attribute];
  const data = Float32Array.from(a?.type === 'floats' ? a.value : []);
  return { dtype: 'float32', shape: [data.length], data };
}

function without(attrs: Node['attrs'], ...names: readonly string[]): Record<string, AttrValue> {
  return Object.fromEntries(Object.entries(attrs).filter(([key]) => !names.includes(key)));
}

function unsupported(node: Node, opset: number, got: string): StudioError {
  return new StudioError({
    code: 'unsupported-operator',
    what: `This form of the operator (operator set ${opset}) has no equal in operator set ${OLDEST}`,
    got,
    where: { node: node.id, op: node.op },
    todo: 'Export the network with a newer operator set.',
  });
}
