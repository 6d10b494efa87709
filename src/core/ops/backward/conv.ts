/**
 * Backward rule of Conv over any number of spatial axes, groups and depthwise included. Of the input: the transposed
 * convolution of the gradient with the weight. Of the weight: the input, its channels as samples, convolved with the gradient
 * as kernel, strides and dilations exchanged; where a tap is one product of matrices (1 x 1), that product.
 */
import type { ValueName } from '../../ir/model';
import { sizeOf } from '../../ir/tensor';
import type { BackwardRule, Emitter } from '../backward';
import { intAttr } from '../family';
import { windowOf, type SlidingWindow } from '../lower/window';
import { input, int, ints, part, reordered, reshaped, summed, turned } from './common';

export const convBackward: BackwardRule = (node, dy, g, wanted) => {
  const [x, w] = [input(node, 0), input(node, 1)];
  const extents = g.shape(x).slice(2);
  const window = windowOf(node, extents, g.shape(w).slice(2));
  const group = intAttr(node, 'group', 1);
  const spatial = extents.map((_, i) => i + 2);
  return [
    wanted(0) ? spreadBack(g, dy, w, window, extents, group) : undefined,
    wanted(1) ? weightGradient(g, x, dy, window, group) : undefined,
    wanted(2) ? summed(g, dy, [0, ...spatial], false) : undefined,
  ];
};

/**
 * The transpose of a sliding product: every element of dy adds a scaled kernel to the input's extents. With strides of 1 and
 * one group it is the product with the kernel turned round, which runtimes have a quick way for.
 */
export function spreadBack(
  g: Emitter,
  dy: ValueName,
  w: ValueName,
  { kernel, strides, dilations, pads }: SlidingWindow,
  extents: readonly number[],
  group: number,
): ValueName {
  const before = pads.slice(0, extents.length);
  const reach = kernel.map((k, i) => (k - 1) * (dilations[i] as number));
  const isWide = kernel.some((k) => k > 1);
  if (isWide && group === 1 && strides.every((s) => s === 1) && pads.every((p, i) => p <= (reach[i % reach.length] as number))) {
    const behind = pads.slice(extents.length);
    return g.emit('Conv', [dy, turnedRound(g, w)], {
      dilations: ints(dilations),
      pads: ints([before, behind].flatMap((side) => side.map((p, i) => (reach[i] as number) - p))),
    });
  }
  // what the windows reach, from the first of the padding in front on, against what there is
  const left = g
    .shape(dy)
    .slice(2)
    .map((o, i) => (strides[i] as number) * (o - 1) + (reach[i] as number) + 1 - (pads[i] as number) - (extents[i] as number));
  return g.emit('ConvTranspose', [dy, w], {
    group: int(group),
    strides: ints(strides),
    dilations: ints(dilations),
    pads: ints([...before, ...left.map((l) => Math.max(0, l))]),
    output_padding: ints(left.map((l) => Math.max(0, -l))),
  });
}

/** Inputs and outputs exchanged, the taps in the opposite order. */
function turnedRound(g: Emitter, w: ValueName): ValueName {
  const [outputs, inputs, ...kernel] = g.shape(w) as [number, number, ...number[]];
  const taps = sizeOf(kernel);
  const flat = reordered(g, reshaped(g, w, [outputs, inputs, taps]), [1, 0, 2]);
  const back = g.ints(Array.from({ length: taps }, (_, i) => taps - 1 - i));
  return reshaped(g, g.emit('Gather', [flat, back], { axis: int(2) }), [inputs, outputs, ...kernel]);
}

function weightGradient(g: Emitter, x: ValueName, dy: ValueName, window: SlidingWindow, group: number): ValueName {
  const { kernel, strides, dilations, pads } = window;
  const [batch, channels, ...extents] = g.shape(x) as [number, number, ...number[]];
  const [, outputs, ...positions] = g.shape(dy) as [number, number, ...number[]];
  const perGroup = channels / group;
  const isPointwise = group === 1 && [...kernel, ...strides].every((v) => v === 1) && pads.every((p) => p === 0);
  if (isPointwise) {
    const product = g.emit('MatMul', [reshaped(g, dy, [batch, outputs, -1]), turned(g, reshaped(g, x, [batch, channels, -1]))]);
    return reshaped(g, summed(g, product, batch === 1 ? [] : [0], false), [outputs, channels, ...kernel]);
  }
  const rest = extents.map((_, i) => i + 3);
  const samples = reordered(g, reshaped(g, x, [batch, group, perGroup, ...extents]), [2, 1, 0, ...rest]);
  const kernels = reordered(g, dy, [1, 0, ...rest.map((a) => a - 1)]);
  // as much padding behind as the last tap needs; rows that no window reaches give taps that are none
  const behind = extents.map((d, i) => {
    const reach = ((kernel[i] as number) - 1) * (dilations[i] as number) + ((positions[i] as number) - 1) * (strides[i] as number) + 1;
    return Math.max(0, reach - d - (pads[i] as number));
  });
  const all = g.emit('Conv', [reshaped(g, samples, [perGroup, group * batch, ...extents]), kernels], {
    group: int(group),
    strides: ints(dilations),
    dilations: ints(strides),
    pads: ints([...pads.slice(0, extents.length), ...behind]),
  });
  const taps = kernel.reduce((y, k, i) => part(g, y, i + 2, 0, k), all);
  return reordered(g, taps, [1, 0, ...rest.map((a) => a - 1)]);
}
