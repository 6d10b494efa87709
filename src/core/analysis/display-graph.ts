/**
 * The canonical model as a person sees it: one card per node that computes, with what was fused into it as tags.
 * Pure reading: nothing is changed, no tensor but weights is decoded. Law: card ids are the stems, in the model's order.
 */
import type { CanonicalModel, Node, ValueName } from '../ir/model';
import type { TensorRef } from '../ir/tensor';
import { familyOf } from '../ops/registry';
import { intAttr, intsAttr, type TypedShape } from '../ops/family';
import { foldScopes } from './fold-scopes';
import type { GraphCard, GraphEdge, ModelGraph } from './graph-types';

type Kind = GraphCard['kind'];

const kinds: Readonly<Record<string, Kind>> = Object.fromEntries(
  (
    [
      ['conv', 'Conv ConvTranspose'],
      ['linear', 'Gemm MatMul'],
      ['pool', 'MaxPool AveragePool GlobalAveragePool GlobalMaxPool ReduceMean LpPool'],
      ['elementwise', 'Add Sub Mul Div Sum Max Min Where Pow'],
      [
        'activation',
        'Relu LeakyRelu Clip Sigmoid HardSigmoid HardSwish Tanh Gelu Erf Softmax LogSoftmax Elu Selu Celu PRelu Softplus Mish Swish Silu Exp Sqrt',
      ],
      [
        'norm',
        'BatchNormalization LayerNormalization RMSNormalization SimplifiedLayerNormalization InstanceNormalization GroupNormalization',
      ],
      [
        'shape',
        'Flatten Reshape Transpose Concat Split Slice Gather Squeeze Unsqueeze Pad Expand Identity Dropout Cast Shape Resize Tile DepthToSpace SpaceToDepth',
      ],
    ] as const
  ).flatMap(([kind, ops]) => ops.split(' ').map((op) => [op, kind])),
);

const names: Readonly<Record<string, string>> = {
  GlobalAveragePool: 'Global AvgPool',
  GlobalMaxPool: 'Global MaxPool',
  AveragePool: 'AvgPool',
  Relu: 'ReLU',
  LeakyRelu: 'LeakyReLU',
  PRelu: 'PReLU',
  Gemm: 'Linear',
  MatMul: 'MatMul',
  BatchNormalization: 'BatchNorm',
  LayerNormalization: 'LayerNorm',
  RMSNormalization: 'RMSNorm',
  SimplifiedLayerNormalization: 'RMSNorm',
  Gelu: 'GELU',
  Silu: 'SiLU',
  Swish: 'SiLU',
  Elu: 'ELU',
  ReduceMean: 'Mean',
};

export function displayGraph(c: CanonicalModel): ModelGraph {
  const { graph } = c.model;
  const cards: GraphCard[] = [];
  const producer = new Map<ValueName, string>();
  const taken = new Set([...c.stems.values()]);
  const unique = (name: string): string => {
    let id = name;
    for (let i = 2; taken.has(id); i++) id = `${name}_${i}`;
    taken.add(id);
    return id;
  };
  const typed = (name: ValueName | undefined): TypedShape | undefined => {
    if (name === undefined) return undefined;
    const constant = graph.initializers.get(name);
    if (constant !== undefined) return { dtype: constant.dtype, shape: constant.shape };
    const value = graph.values.get(name) ?? graph.inputs.find((i) => i.name === name);
    const shape = value?.shape?.map((d) => (typeof d === 'number' ? d : 1));
    return value === undefined || shape === undefined ? undefined : { dtype: value.dtype, shape };
  };

  for (const input of graph.inputs) {
    const id = unique(input.name);
    producer.set(input.name, id);
    cards.push({ ...plain(id, input.name, 'Input', 'input'), ...outputOf(typed(input.name)) });
  }
  for (const node of graph.nodes) {
    const id = c.stems.get(node.id) ?? node.id;
    for (const output of node.outputs) producer.set(output, id);
    const inputs = node.inputs.map(typed);
    const outputs = node.outputs.map(typed).filter((t) => t !== undefined);
    const family = familyOf(node.op, node.domain);
    const known = inputs.filter((t) => t !== undefined);
    const weight = family?.weight?.(node, inputs);
    const weightName = weight === undefined ? undefined : node.inputs[weight.input];
    const isConstant = weightName !== undefined && graph.initializers.has(weightName);
    const table = embeddingTable(c, node);
    const title =
      table !== undefined
        ? 'Embedding'
        : node.op === 'MatMul' && isConstant
          ? 'Linear'
          : titleOf(node, weight === undefined ? undefined : inputs[weight.input]?.shape);
    cards.push({
      ...plain(id, title, node.op, table !== undefined ? 'linear' : (kinds[node.op] ?? 'other')),
      tags: tagsOf(node),
      scope: scopeOf(id),
      sources: node.sources,
      inputShapes: node.inputs
        .filter((n): n is ValueName => n !== undefined && !graph.initializers.has(n))
        .map((n) => typed(n)?.shape ?? []),
      ...outputOf(outputs[0]),
      parameters: sum(node.inputs.map((n) => (n === undefined ? 0 : realElements(graph.initializers.get(n))))),
      macs: known.length === inputs.length ? (family?.macs?.(node, known, outputs) ?? 0) : 0,
      channelRange:
        table !== undefined
          ? channelRange(c, table, 0)
          : isConstant && weight !== undefined
            ? channelRange(c, weightName, weight.channelAxis)
            : undefined,
    });
  }
  const edges = edgesOf(c, producer);
  for (const output of graph.outputs) {
    const from = producer.get(output.name);
    if (from === undefined) continue;
    const id = unique(output.name === from ? `${output.name}_out` : output.name);
    cards.push({ ...plain(id, output.name, 'Output', 'output'), ...outputOf(typed(output.name)) });
    edges.push({ from, to: id });
  }
  return foldScopes({ cards, edges: markSkips(cards, edges), scopes: [] });
}

const plain = (id: string, title: string, op: string, kind: Kind): GraphCard => ({
  id,
  title,
  op,
  kind,
  tags: [],
  scope: [],
  sources: [],
  inputShapes: [],
  outputShape: [],
  dtype: '',
  parameters: 0,
  macs: 0,
  channelRange: undefined,
});

const outputOf = (type: { readonly dtype: string; readonly shape: readonly number[] } | undefined) => ({
  outputShape: type?.shape ?? [],
  dtype: type?.dtype ?? '',
});

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const elements = (shape: readonly number[] | undefined): number => (shape === undefined ? 0 : shape.reduce((a, b) => a * b, 1));

/** Shapes, axes and indices are no parameters. */
const realElements = (t: TensorRef | undefined): number => (t !== undefined && /^b?float/.test(t.dtype) ? elements(t.shape) : 0);

/** The table whose rows a Gather looks up: learned numbers, not the graph's own arithmetic on shapes. */
export function embeddingTable(c: CanonicalModel, node: Node): ValueName | undefined {
  const [name] = node.inputs;
  if (node.op !== 'Gather' || name === undefined || intAttr(node, 'axis', 0) !== 0) return undefined;
  const table = c.model.graph.initializers.get(name);
  return table !== undefined && /^b?float/.test(table.dtype) && table.shape.length === 2 ? name : undefined;
}

/** `layer1.0.conv1` lies in `layer1` and `layer1.0`; an index alone (`features.3`) is a layer, not a block. */
function scopeOf(stem: string): readonly string[] {
  const words = stem.split('.');
  return words.slice(0, -1).map((_, i) => words.slice(0, i + 1).join('.'));
}

function titleOf(node: Node, weight: readonly number[] | undefined): string {
  const kernel = intsAttr(node, 'kernel_shape') ?? (kinds[node.op] === 'conv' ? weight?.slice(2) : undefined);
  const strides = intsAttr(node, 'strides') ?? [];
  const group = intAttr(node, 'group', 1);
  const depthwise = node.op === 'Conv' && group > 1 && weight?.[1] === 1;
  const parts = [
    depthwise ? 'DW Conv' : node.op === 'Conv' && group > 1 ? 'Group Conv' : (names[node.op] ?? node.op),
    kernel !== undefined && kernel.length > 0 ? kernel.join('×') : undefined,
    strides.some((s) => s > 1) ? `/${strides.every((s) => s === strides[0]) ? strides[0] : strides.join('×')}` : undefined,
  ];
  return parts.filter((p) => p !== undefined).join(' ');
}

function tagsOf(node: Node): readonly string[] {
  const tags: string[] = [];
  if (node.op !== 'BatchNormalization' && node.sources.some((s) => /batch_?norm|(^|[./_])bn\d*([./_]|$)/i.test(s))) tags.push('BN');
  const { clamp } = node;
  if (clamp !== undefined)
    tags.push(clamp.lo === 0 && clamp.hi === 6 ? 'ReLU6' : clamp.lo === 0 && clamp.hi === Infinity ? 'ReLU' : clamp.op);
  return tags;
}

/** max |w| per output channel; channels are merged in equal groups down to at most 64 points. */
function channelRange(c: CanonicalModel, name: ValueName, axis: number): readonly number[] | undefined {
  const tensor = c.constants(name);
  if (tensor === undefined || !(tensor.data instanceof Float32Array) || tensor.data.length === 0) return undefined;
  const { shape, data } = tensor;
  const channels = shape[axis] ?? 1;
  const inner = elements(shape.slice(axis + 1));
  // By channel first and without a division for every weight: this must not take longer than reading a large model.
  const largest = new Float32Array(channels);
  for (let i = 0; i < data.length;) {
    if (inner === 1) {
      for (let channel = 0; channel < channels; channel++, i++) {
        const magnitude = Math.abs(data[i] as number);
        if (magnitude > (largest[channel] as number)) largest[channel] = magnitude;
      }
      continue;
    }
    for (let channel = 0; channel < channels; channel++) {
      let most = largest[channel] as number;
      for (const end = i + inner; i < end; i++) {
        const magnitude = Math.abs(data[i] as number);
        if (magnitude > most) most = magnitude;
      }
      largest[channel] = most;
    }
  }
  const points = new Float64Array(Math.min(64, channels));
  largest.forEach((magnitude, channel) => {
    const at = Math.floor((channel * points.length) / channels);
    if (magnitude > (points[at] as number)) points[at] = magnitude;
  });
  return [...points];
}

function edgesOf(c: CanonicalModel, producer: ReadonlyMap<ValueName, string>): { from: string; to: string }[] {
  const seen = new Set<string>();
  const edges: { from: string; to: string }[] = [];
  for (const node of c.model.graph.nodes) {
    const to = c.stems.get(node.id) ?? node.id;
    for (const input of node.inputs) {
      const from = input === undefined ? undefined : producer.get(input);
      if (from === undefined || seen.has(`${from}\u0001${to}`)) continue;
      seen.add(`${from}\u0001${to}`);
      edges.push({ from, to });
    }
  }
  return edges;
}

/** An edge is a shortcut when a longer way joins the same two cards. Cards are in topological order. */
function markSkips(cards: readonly GraphCard[], edges: readonly { readonly from: string; readonly to: string }[]): readonly GraphEdge[] {
  const order = new Map(cards.map((card, i) => [card.id, i]));
  const out = new Map<string, string[]>();
  for (const e of edges) out.set(e.from, [...(out.get(e.from) ?? []), e.to]);
  return edges.map(({ from, to }) => {
    const end = order.get(to) ?? 0;
    const seen = new Set<string>();
    const stack = (out.get(from) ?? []).filter((id) => id !== to);
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      if (id === to) return { from, to, skip: true };
      if (seen.has(id) || (order.get(id) ?? 0) >= end) continue;
      seen.add(id);
      stack.push(...(out.get(id) ?? []));
    }
    return { from, to, skip: false };
  });
}
