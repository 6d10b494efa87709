/**
 * SmoothQuant (Xiao et al. 2023): input channel j of a layer is divided by s_j = max|X_j|^alpha / max|W_j|^(1 - alpha) and the
 * weights that read it are multiplied. The division is folded into what makes the input: gamma and beta of a layer
 * normalization, or the layer before; never a run-time operator. Layers that read one value share its factors. Where nothing
 * before can take the factor, the layers are left alone and it is said. Law: the float function stays the same.
 */
import { exp, log } from '../base/math';
import type { CanonicalModel, Node, NodeId, ValueName } from '../ir/model';
import { shapeOf } from '../ops/support';
import { indexOf } from '../passes/graph-index';
import { channelAxisOf, layersBehind, passesFactors } from './chains';
import {
  inputMaxima,
  linearLayer,
  linearLayers,
  scaledInputs,
  scaledOutputs,
  withConstants,
  type LinearLayer,
  type NodeChange,
} from './linear-layers';
import type { LayerNote } from './types';

/** One value to smooth: what makes it and who reads it. */
export interface SmoothSpot {
  readonly value: ValueName;
  readonly axis: number;
  readonly producer: Node;
  readonly readers: readonly LinearLayer[];
}

/** The values before the layers that `wanted` names which can be smoothed, and notes on the others. */
export function smoothSpots(c: CanonicalModel, wanted: (layer: LinearLayer) => boolean): { spots: SmoothSpot[]; notes: LayerNote[] } {
  const index = indexOf(c.model.graph);
  const spots = new Map<ValueName, SmoothSpot>();
  const notes: LayerNote[] = [];
  for (const layer of linearLayers(c)) {
    if (!wanted(layer) || spots.has(layer.input)) continue;
    const axis = channelAxisOf(layer, shapeOf(c, layer.input).length);
    const behind = layersBehind(c, layer.input, axis, index);
    const producer = index.producers.get(layer.input);
    const why =
      typeof behind === 'string'
        ? `${behind.replace('its output', 'its input')}`
        : producer
          ? refusal(c, producer, axis)
          : 'it reads an input of the model';
    if (typeof behind === 'string' || !producer || why !== undefined) {
      notes.push({ step: 'smooth', layer: layer.stem, done: false, text: why ?? '' });
      continue;
    }
    spots.set(layer.input, { value: layer.input, axis, producer, readers: behind.layers });
  }
  return { spots: [...spots.values()], notes };
}

function isNorm(node: Node): boolean {
  return (node.op === 'LayerNormalization' || node.op === 'RMSNormalization') && node.clamp === undefined;
}

function refusal(c: CanonicalModel, producer: Node, axis: number): string | undefined {
  if (isNorm(producer)) {
    const [, gamma, beta] = producer.inputs;
    const channels = shapeOf(c, producer.outputs[0] as ValueName)[axis];
    const fits = (name: ValueName | undefined): boolean => name === undefined || c.constants(name)?.data.length === channels;
    return gamma !== undefined && fits(gamma) && fits(beta)
      ? undefined
      : `the parameters of ${producer.op} before it are not one per channel`;
  }
  const before = linearLayer(c, producer);
  if (!before || before.outputs !== shapeOf(c, before.output)[axis]) return `${producer.op} before it cannot take the factors`;
  return passesFactors(producer.clamp) ? undefined : `${producer.clamp?.op ?? 'a clamp'} before it bounds the channels`;
}

/** `maxima`: max|X_j| per channel of each spot's value. */
export function smooth(
  c: CanonicalModel,
  spots: readonly SmoothSpot[],
  maxima: ReadonlyMap<ValueName, Float64Array>,
  alpha: number,
): { readonly canonical: CanonicalModel; readonly notes: readonly LayerNote[] } {
  let model = c;
  const notes: LayerNote[] = [];
  for (const spot of spots) {
    // a layer may be the reader of one spot and the producer of the next
    const nodes = new Map(model.model.graph.nodes.map((n) => [n.id, n]));
    const readers = spot.readers.map((r) => linearLayer(model, nodes.get(r.node.id) ?? r.node) ?? r);
    const x = maxima.get(spot.value) ?? new Float64Array();
    const w = readers.map(inputMaxima).reduce((a, b) => a.map((v, j) => Math.max(v, b[j] as number)));
    const factors = x.map((m, j) => factorOf(m, w[j] as number, alpha));
    const inverse = factors.map((s) => 1 / s);
    const changes = new Map<NodeId, (node: Node) => NodeChange>();
    for (const r of readers) {
      const tensor = { dtype: 'float32', shape: r.shape, data: scaledInputs(r, factors) } as const;
      changes.set(r.node.id, (node) => ({ node, constants: new Map([[r.role.input, { wish: `${r.stem}.weight`, tensor }]]) }));
      notes.push({
        step: 'smooth',
        layer: r.stem,
        done: true,
        text: `factors ${extent(factors)} folded into ${model.stems.get(spot.producer.id) ?? spot.producer.id}`,
      });
    }
    const source = model;
    changes.set(spot.producer.id, (node) => divided(source, node, inverse));
    model = withConstants(model, changes);
  }
  return { canonical: model, notes };
}

/** Dead channels keep factor 1. exp and log are our own: Math.pow differs between engines. */
function factorOf(x: number, w: number, alpha: number): number {
  if (x < 1e-5 || w < 1e-8) return 1;
  return Math.max(1e-5, exp(alpha * log(x) - (1 - alpha) * log(w)));
}

function extent(factors: Float64Array): string {
  const sorted = [...factors].sort((a, b) => a - b);
  return `${(sorted[0] ?? 1).toPrecision(3)} to ${(sorted.at(-1) ?? 1).toPrecision(3)}`;
}

/** The producer with output channel j multiplied by `by[j]`. */
function divided(c: CanonicalModel, node: Node, by: Float64Array): NodeChange {
  const constants = new Map<number, { wish: string; tensor: { dtype: 'float32'; shape: readonly number[]; data: Float32Array } }>();
  const stem = c.stems.get(node.id) ?? node.id;
  const scaled = (i: number, wish: string): void => {
    const name = node.inputs[i];
    const t = name === undefined ? undefined : c.constants(name);
    if (t)
      constants.set(i, {
        wish,
        tensor: { dtype: 'float32', shape: t.shape, data: Float32Array.from(t.data as ArrayLike<number>, (v, j) => v * (by[j] as number)) },
      });
  };
  if (isNorm(node)) {
    scaled(1, `${stem}.weight`);
    scaled(2, `${stem}.bias`);
    return { node, constants };
  }
  const layer = linearLayer(c, node);
  if (!layer) return { node, constants };
  constants.set(layer.role.input, {
    wish: `${stem}.weight`,
    tensor: { dtype: 'float32', shape: layer.shape, data: scaledOutputs(layer, by) },
  });
  if (layer.role.biasInput === undefined || !layer.bias) return { node, constants };
  const beta = node.op === 'Gemm' && node.attrs['beta']?.type === 'float' ? node.attrs['beta'].value : 1;
  const bias = Float32Array.from(layer.bias, (b, j) => (beta === 0 ? 0 : (b * (by[j] as number)) / beta));
  constants.set(layer.role.biasInput, { wish: `${stem}.bias`, tensor: { dtype: 'float32', shape: [layer.outputs], data: bias } });
  return { node, constants };
}
