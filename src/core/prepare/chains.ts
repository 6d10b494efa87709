/**
 * From a value to the layers that read it, through operators that treat every channel alike and keep positive factors
 * (ReLU, pools, flattening): where a factor may move from one layer to another. Reads the graph, changes nothing.
 */
import type { CanonicalModel, Node, ValueName } from '../ir/model';
import { indexOf, type GraphIndex } from '../passes/graph-index';
import { shapeOf } from '../ops/support';
import { inputChannels, linearLayer, type LinearLayer } from './linear-layers';

/** f(a x) = a f(x) for a > 0, channel by channel. */
const homogeneous = new Set(['Relu', 'MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool', 'Identity', 'Dropout']);

/** Is the fused clamp one that positive factors pass through? */
export function passesFactors(clamp: Node['clamp']): boolean {
  if (!clamp) return true;
  return (clamp.lo === 0 || clamp.lo === -Infinity) && (clamp.hi === Infinity || clamp.hi === 0);
}

export interface Readers {
  readonly layers: readonly LinearLayer[];
  /** Input channels of a reader that one channel of the value becomes (a flattened plane). */
  readonly repeat: number;
}

/** Where the channels of a layer's output (`Conv`: the second axis) or input lie. */
export function channelAxisOf(layer: LinearLayer, rank: number): number {
  return layer.node.op === 'Conv' ? 1 : rank - 1;
}

/**
 * All readers of the value, if every one of them is a layer whose input channels are the value's, along `axis`; else why
 * not.
 */
export function layersBehind(
  c: CanonicalModel,
  value: ValueName,
  axis: number,
  index: GraphIndex = indexOf(c.model.graph),
): Readers | string {
  if (index.outputs.has(value)) return 'its output is an output of the model';
  const shape = shapeOf(c, value);
  const channels = shape[axis] as number;
  const readers = index.readers.get(value) ?? [];
  const [only] = readers;
  if (readers.length === 1 && only && !linearLayer(c, only)) {
    const [to] = only.outputs;
    if (to === undefined || only.domain !== '' || !passesFactors(only.clamp)) return `${only.op} is between`;
    if (homogeneous.has(only.op)) return layersBehind(c, to, axis, index);
    const flat = shapeOf(c, to);
    const flattens = only.op === 'Flatten' || only.op === 'Reshape';
    if (!flattens || axis !== 1 || shape[0] !== 1 || flat.length !== 2 || flat[0] !== 1) return `${only.op} is between`;
    const behind = layersBehind(c, to, 1, index);
    return typeof behind === 'string' ? behind : { layers: behind.layers, repeat: (behind.repeat * (flat[1] as number)) / channels };
  }
  const layers = readers.map((node) => linearLayer(c, node)).filter((l) => l !== undefined && l.input === value);
  if (readers.length === 0 || layers.length !== readers.length) return 'something else than layers reads it';
  const fitting = (layers as LinearLayer[]).filter(
    (l) => axis === channelAxisOf(l, shape.length) && inputChannels(l) === channels && !turns(l),
  );
  return fitting.length === readers.length ? { layers: fitting, repeat: 1 } : 'its readers have other channels';
}

function turns(layer: LinearLayer): boolean {
  const transA = layer.node.attrs['transA'];
  return transA?.type === 'int' && transA.value === 1;
}
