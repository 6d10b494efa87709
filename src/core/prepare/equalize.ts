/**
 * Cross-layer equalization (Nagel et al. 2019, Data-free quantization through weight equalization and bias correction): the
 * channels between two layers get factors, s_j = sqrt(r1_j r2_j) / r2_j, which the first layer divides by and the second
 * multiplies with, r1 and r2 being the largest weights of channel j on both sides. Where a clamp bounds the channels above
 * (ReLU6) or something else reads them, the pair is left alone. Law: the float function stays the same.
 */
import type { CanonicalModel, NodeId } from '../ir/model';
import { sizeOf } from '../ir/tensor';
import { shapeOf } from '../ops/support';
import { indexOf } from '../passes/graph-index';
import { channelAxisOf, layersBehind, passesFactors } from './chains';
import { inputMaxima, linearLayers, scaledInputs, scaledOutputs, withParameters, type LinearLayer, type Parameters } from './linear-layers';

export interface EqualizeReport {
  readonly pairs: readonly (readonly [first: string, second: string])[];
  /** Layers whose output could not be scaled, and why. */
  readonly left: readonly { readonly layer: string; readonly why: string }[];
}

/** Rounds over all pairs; factors settle within a few. */
const ROUNDS = 10;
/** No channel changes by more than this in total: a nearly dead one would overflow its bias. */
const LARGEST = 2 ** 8;

export function equalize(c: CanonicalModel): { readonly canonical: CanonicalModel; readonly report: EqualizeReport } {
  const index = indexOf(c.model.graph);
  const pairs: { first: LinearLayer; second: LinearLayer; repeat: number }[] = [];
  const left: { layer: string; why: string }[] = [];
  for (const layer of linearLayers(c)) {
    const axis = channelAxisOf(layer, shapeOf(c, layer.output).length);
    const behind = passesFactors(layer.node.clamp) ? layersBehind(c, layer.output, axis, index) : `${layer.node.clamp?.op} bounds it`;
    if (typeof behind === 'string') left.push({ layer: layer.stem, why: behind });
    else if (behind.layers.length !== 1) left.push({ layer: layer.stem, why: 'several layers read it' });
    else {
      const [second] = behind.layers as [LinearLayer];
      pairs.push({ first: layer, second, repeat: behind.repeat });
    }
  }
  const state = new Map<NodeId, LinearLayer>();
  const now = (l: LinearLayer): LinearLayer => state.get(l.node.id) ?? l;
  const total = pairs.map(({ first }) => new Float64Array(first.outputs).fill(1));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { first, second, repeat }] of pairs.entries()) {
      const [a, b] = [now(first), now(second)] as const;
      const factors = factorsOf(a, b, repeat, total[i] as Float64Array);
      const inverse = factors.map((s) => 1 / s);
      state.set(first.node.id, { ...a, weight: scaledOutputs(a, inverse), bias: a.bias?.map((v, o) => v * (inverse[o] as number)) });
      const spread = Float64Array.from({ length: factors.length * repeat }, (_, j) => factors[Math.floor(j / repeat)] as number);
      state.set(second.node.id, { ...b, weight: scaledInputs(b, spread) });
    }
  }
  const changes = new Map(
    [...state].map(([id, l]): [NodeId, Parameters] => [id, l.bias ? { weight: l.weight, bias: l.bias } : { weight: l.weight }]),
  );
  return { canonical: withParameters(c, changes), report: { pairs: pairs.map((p) => [p.first.stem, p.second.stem] as const), left } };
}

function factorsOf(a: LinearLayer, b: LinearLayer, repeat: number, total: Float64Array): Float64Array {
  const inner = sizeOf(a.shape.slice(a.role.channelAxis + 1));
  const first = new Float64Array(a.outputs);
  a.weight.forEach((w, i) => {
    const o = Math.floor(i / inner) % a.outputs;
    first[o] = Math.max(first[o] as number, Math.abs(w));
  });
  const columns = inputMaxima(b);
  return first.map((r1, o) => {
    let r2 = 0;
    for (let j = o * repeat; j < (o + 1) * repeat; j++) r2 = Math.max(r2, columns[j] as number);
    if (r1 === 0 || r2 === 0) return 1;
    const before = total[o] as number;
    const after = Math.min(LARGEST, Math.max(1 / LARGEST, before * Math.sqrt(r1 / r2)));
    total[o] = after;
    return after / before;
  });
}
