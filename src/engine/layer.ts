/**
 * Everything the inspector shows of one layer, as far as the steps that ran can tell: weights from the start,
 * activations after calibration, integers after conversion.
 */
import {
  canKeepInFloat,
  dictionary,
  embeddingTable,
  familyOf,
  functionView,
  heatMap,
  rangeOf,
  signedBits,
  StudioError,
  viewOfStats,
  viewOfValues,
} from '../core/index';
import type { TypedShape } from '../core/ops/family';
import type { QuantInfo } from '../core/ir/integer-model';
import type { CanonicalModel, Node, ValueName } from '../core/ir/model';
import type { DistributionView, GraphCard, LayerDetail } from './api';
import { describeRef, opOfLayer, tensorsOfLayer, type LayerTensor } from './layer-tensors';
import type { Calibrated, Converted, OpenModel } from './state';

interface Parts {
  readonly model: OpenModel;
  readonly calibrated: Calibrated | undefined;
  readonly converted: Converted | undefined;
}

export function cardOf(model: OpenModel, layer: string): GraphCard {
  const card = model.graph.cards.find((c) => c.id === layer);
  if (card) return card;
  throw new StudioError({ code: 'bad-usage', what: 'The model has no such layer', got: layer });
}

function nodeOf(canonical: CanonicalModel, layer: string): Node | undefined {
  return canonical.model.graph.nodes.find((n) => (canonical.stems.get(n.id) ?? n.id) === layer);
}

/** The value that a card stands for: its output, or itself where it is an input or output of the graph. */
export function valueOfCard(model: OpenModel, card: GraphCard): ValueName | undefined {
  if (card.kind !== 'input' && card.kind !== 'output') return nodeOf(model.canonical, card.id)?.outputs[0];
  const { inputs, outputs } = model.canonical.model.graph;
  return (card.kind === 'input' ? inputs : outputs).find((v) => v.name === card.title)?.name;
}

export function layerTensors(model: OpenModel, converted: Converted, layer: string): LayerTensor[] {
  return tensorsOfLayer(converted, layer, valueOfCard(model, cardOf(model, layer)));
}

export function layerDetail(layer: string, { model, calibrated, converted }: Parts): LayerDetail {
  const canonical = converted?.canonical ?? model.canonical;
  const card = cardOf(model, layer);
  const node = nodeOf(canonical, layer);
  const value = valueOfCard(model, card);
  const weight = node && weightOf(canonical, node);
  const planned = node && (converted?.plan.weights.get(node.id) ?? rowsOf(canonical, node, converted));
  const read = node?.inputs.findIndex((n) => n !== undefined && canonical.constants(n) === undefined) ?? -1;
  const input = node?.inputs[read];
  const taken = node && read >= 0 ? converted?.plan.operands.get(node.id)?.[read] : undefined;
  const stats = (name: ValueName | undefined, q: QuantInfo | undefined): DistributionView | undefined =>
    name === undefined ? undefined : activationView(canonical, converted?.stats ?? calibrated?.shard.stats, name, q);
  const quantOf = (name: ValueName | undefined): QuantInfo | undefined =>
    name === undefined ? undefined : converted?.plan.activations.get(name);
  return {
    id: layer,
    card,
    attributes: node ? attributesOf(node) : {},
    weights: weight && {
      ...viewOfValues(weight.data, planned?.q, weight.shape),
      shape: weight.shape,
      heat: heatMap(weight.data, weight.shape),
    },
    input: stats(input, taken ?? quantOf(input)),
    output: stats(value, quantOf(value)),
    weightScale: planned && Array.from(planned.q.scale),
    raisedChannels: planned?.raised ?? [],
    ...integerParts(layer, node, canonical, converted),
    canKeep: node !== undefined && !model.summary.islands.some((i) => i.node === layer) && canKeepInFloat(canonical, node),
    report: converted?.summary.layers.find((r) => r.id === layer),
    tensors: converted ? tensorsOfLayer(converted, layer, value).map(describeRef) : [],
  };
}

/** An embedding's rows have the quantizer of its output. */
function rowsOf(
  canonical: CanonicalModel,
  node: Node,
  converted: Converted | undefined,
): { q: QuantInfo; raised: readonly number[] } | undefined {
  const [output] = node.outputs;
  const q = output === undefined || embeddingTable(canonical, node) === undefined ? undefined : converted?.plan.activations.get(output);
  return q && { q, raised: [] };
}

function weightOf(canonical: CanonicalModel, node: Node): { readonly data: Float32Array; readonly shape: readonly number[] } | undefined {
  const { graph } = canonical.model;
  const typed = (name: ValueName | undefined): TypedShape | undefined => {
    if (name === undefined) return undefined;
    const known = graph.initializers.get(name);
    if (known) return { dtype: known.dtype, shape: known.shape };
    const info = graph.values.get(name);
    return info?.shape && { dtype: info.dtype, shape: info.shape.map(Number) };
  };
  const role = familyOf(node.op, node.domain)?.weight?.(node, node.inputs.map(typed));
  const name = role ? node.inputs[role.input] : embeddingTable(canonical, node);
  const tensor = name === undefined ? undefined : canonical.constants(name);
  return tensor?.data instanceof Float32Array ? { data: tensor.data, shape: tensor.shape } : undefined;
}

/** What an operator only moves has the statistics of its source. */
function activationView(
  canonical: CanonicalModel,
  all: Calibrated['shard']['stats'] | undefined,
  name: ValueName,
  q: QuantInfo | undefined,
): DistributionView | undefined {
  if (!all) return undefined;
  const { graph } = canonical.model;
  let source: ValueName | undefined = name;
  const seen = new Set<ValueName>();
  while (source !== undefined && !seen.has(source)) {
    const stats = all.get(source);
    if (stats) return viewOfStats(stats, q);
    seen.add(source);
    const from: ValueName = source;
    const producer = graph.nodes.find((n) => n.outputs.includes(from));
    source = producer?.inputs[0];
  }
  return undefined;
}

function integerParts(
  layer: string,
  node: Node | undefined,
  canonical: CanonicalModel,
  converted: Converted | undefined,
): Pick<LayerDetail, 'fn' | 'requant' | 'add' | 'accumulator'> {
  const op = converted && opOfLayer(converted, layer);
  if (!converted || !op) return { fn: undefined, requant: undefined, add: undefined, accumulator: undefined };
  const { integer, tensors } = converted;
  const numbers = (name: string): number[] => Array.from<number | bigint, number>(integer.constants.get(name)?.data ?? [], Number);
  const requant = 'requant' in op ? op.requant : undefined;
  const proof = 'accumulator' in op ? op.accumulator : undefined;
  const acc = 'acc' in op && op.acc !== undefined ? tensors.get(op.acc) : undefined;
  const seen = acc && rangeOf(acc.data);
  return {
    fn: functionView(op, node, canonical, integer, tensors),
    requant: requant && {
      mul: numbers(requant.mul),
      shift: numbers(requant.shift),
      zeroPoint: requant.zeroPoint,
      lo: requant.lo,
      hi: requant.hi,
      rounding: integer.arithmetic.rounding,
      highMul: integer.arithmetic.multiplier.kind === 'tflite',
    },
    add: 'add' in op ? op.add : undefined,
    accumulator: proof &&
      seen && {
        bound: proof.bound,
        boundBits: proof.boundBits,
        seenMin: Number(seen.min),
        seenMax: Number(seen.max),
        seenBits: signedBits(seen),
        limit: integer.arithmetic.accumulator,
      },
  };
}

/** Attributes as text; a fused clamp last. */
function attributesOf(node: Node): Readonly<Record<string, string>> {
  const text = dictionary<string>();
  for (const [name, a] of Object.entries(node.attrs)) {
    switch (a.type) {
      case 'int':
      case 'float':
      case 'string':
      case 'other':
        text[name] = String(a.value);
        break;
      case 'ints':
      case 'floats':
      case 'strings':
        text[name] = a.value.join(', ');
        break;
      case 'tensor':
        text[name] = `${a.value.dtype} [${a.value.shape.join(', ')}]`;
        break;
      case 'graph':
        text[name] = `a graph of ${a.value.nodes.length} nodes`;
        break;
      default:
        a satisfies never;
    }
  }
  if (node.clamp) text['clamp'] = `${node.clamp.op}: ${node.clamp.lo} to ${node.clamp.hi}`;
  return text;
}
