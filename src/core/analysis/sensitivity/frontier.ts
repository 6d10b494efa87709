/**
 * Assignments of bits from the reference down, chosen greedily: the next move is the one that adds least to the loss for what it
 * saves. Losses add as in estimate.ts. Greedy, so not always optimal.
 * Law: the cost falls with every move and the loss never falls.
 */
import { REFERENCE_BITS } from '../../recipe/bit-widths';
import { above } from './estimate';
import { bopsOfLayer, bytesOfLayer } from './layers';
import type { CostId, Frontier, FrontierMove, FrontierPoint, LogitsLoss, LossId, SensitivityLayer, SweptKind } from './types';

interface Option extends LogitsLoss {
  readonly bits: number;
}

interface Standing {
  readonly layer: SensitivityLayer;
  readonly options: Readonly<Record<SweptKind, readonly Option[]>>;
  now: Record<SweptKind, Option>;
}

const kinds: readonly SweptKind[] = ['weights', 'activations'];
const unchanged: Option = { bits: REFERENCE_BITS, noise: 0, kl: 0 };

export function frontierOf(layers: readonly SensitivityLayer[], reference: LogitsLoss, cost: CostId, loss: LossId): Frontier {
  const all = layers.map((layer): Standing => ({
    layer,
    options: { weights: optionsOf(layer, reference, 'weights'), activations: optionsOf(layer, reference, 'activations') },
    now: { weights: unchanged, activations: unchanged },
  }));
  const moves: FrontierMove[] = [];
  const points: FrontierPoint[] = [pointOf(all, reference)];
  for (;;) {
    let best: { readonly at: Standing; readonly kind: SweptKind; readonly to: Option } | undefined;
    let [least, saves] = [Infinity, 0];
    for (const at of all) {
      for (const kind of kinds) {
        for (const to of at.options[kind]) {
          if (to.bits >= at.now[kind].bits) continue;
          const saved = costOf(at, cost) - costOf({ ...at, now: { ...at.now, [kind]: to } }, cost);
          if (saved <= 0) continue;
          const price = Math.max(0, to[loss] - at.now[kind][loss]) / saved;
          if (price > least || (price === least && saved <= saves)) continue;
          best = { at, kind, to };
          [least, saves] = [price, saved];
        }
      }
    }
    if (!best) return { cost, loss, moves, points };
    best.at.now = { ...best.at.now, [best.kind]: best.to };
    moves.push({ layer: best.at.layer.id, kind: best.kind, bits: best.to.bits });
    points.push(pointOf(all, reference));
  }
}

/** From many bits to few. A loss that falls with fewer bits is chance: it is raised to that of the more bits. */
function optionsOf({ points }: SensitivityLayer, reference: LogitsLoss, kind: SweptKind): Option[] {
  let most: LogitsLoss = { noise: 0, kl: 0 };
  return points
    .filter((p) => p.kind === kind && p.bits < REFERENCE_BITS)
    .sort((a, b) => b.bits - a.bits)
    .map((p) => {
      const added = above(p, reference);
      most = { noise: Math.max(most.noise, added.noise), kl: Math.max(most.kl, added.kl) };
      return { bits: p.bits, ...most };
    });
}

function costOf({ layer, now }: Pick<Standing, 'layer' | 'now'>, cost: CostId): number {
  const widths = { weightBits: now.weights.bits, activationBits: now.activations.bits };
  return cost === 'bytes' ? bytesOfLayer(layer, widths) : bopsOfLayer(layer, widths);
}

function pointOf(all: readonly Standing[], reference: LogitsLoss): FrontierPoint {
  let { noise, kl } = reference;
  let [bytes, bops] = [0, 0];
  for (const at of all) {
    for (const kind of kinds) {
      noise += at.now[kind].noise;
      kl += at.now[kind].kl;
    }
    bytes += costOf(at, 'bytes');
    bops += costOf(at, 'bops');
  }
  return { noise, kl, bytes, bops };
}
