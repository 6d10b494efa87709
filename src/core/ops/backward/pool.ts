/**
 * Backward rules of the pools. A maximum's gradient goes to the element that MaxPool itself names as the first one; an
 * average is a sliding product with equal taps, divided by how many elements each window counts.
 */
import type { ValueName } from '../../ir/model';
import { sizeOf } from '../../ir/tensor';
import type { BackwardRule, Emitter } from '../backward';
import { intAttr } from '../family';
import { windowOf, type SlidingWindow } from '../lower/window';
import { spreadBack } from './conv';
import { input, int, mul, output, reshaped, scaled, when, zeros } from './common';

export const maxPoolBackward: BackwardRule = (node, dy, g) => {
  const shape = g.shape(input(node, 0));
  const { storage_order: _, ...attrs } = node.attrs;
  const [, indices] = g.emitAll('MaxPool', node.inputs, attrs, 2) as [ValueName, ValueName];
  const [places, updates] = [indices, dy].map((v) => g.emit('Reshape', [v, g.ints([-1])])) as [ValueName, ValueName];
  const flat = g.emit('ScatterElements', [zeros(g, [sizeOf(shape)]), places, updates], {
    axis: int(0),
    reduction: { type: 'string', value: 'add' },
  });
  return [reshaped(g, flat, shape)];
};

/** Elements that share the maximum share the gradient. */
export const globalMaxPoolBackward: BackwardRule = (node, dy, g) => {
  const x = input(node, 0);
  const axes = g
    .shape(x)
    .slice(2)
    .map((_, i) => i + 2);
  const isMost = when(g, g.emit('Equal', [x, output(node)]));
  const count = g.emit('ReduceSum', [isMost, g.ints(axes)], { keepdims: int(1) });
  return [mul(g, isMost, g.emit('Div', [dy, count]))];
};

export const globalAveragePoolBackward: BackwardRule = (node, dy, g) => {
  const shape = g.shape(input(node, 0));
  return [g.emit('Expand', [scaled(g, dy, 1 / sizeOf(shape.slice(2))), g.ints(shape)])];
};

export const averagePoolBackward: BackwardRule = (node, dy, g) => {
  const [batch, channels, ...extents] = g.shape(input(node, 0)) as [number, number, ...number[]];
  const positions = g.shape(dy).slice(2);
  const window = windowOf(node, extents);
  const counts = countsOf(window, extents, positions, intAttr(node, 'count_include_pad', 0) === 1);
  const share = g.floats(
    counts.map((n) => 1 / n),
    [1, 1, ...positions],
  );
  const planes = reshaped(g, mul(g, dy, share), [batch * channels, 1, ...positions]);
  const taps = onesOf(g, [1, 1, ...window.kernel]);
  return [reshaped(g, spreadBack(g, planes, taps, window, extents, 1), [batch, channels, ...extents])];
};

function onesOf(g: Emitter, shape: readonly number[]): ValueName {
  return g.floats(new Array<number>(sizeOf(shape)).fill(1), shape);
}

/** Elements that the window counts at every position: a product over the axes. */
function countsOf(
  { kernel, strides, dilations, pads }: SlidingWindow,
  extents: readonly number[],
  positions: readonly number[],
  countsPadding: boolean,
): number[] {
  return positions.reduce<number[]>(
    (counts, n, i) => {
      const [before, behind] = [pads[i] as number, pads[i + extents.length] as number];
      const along = Array.from({ length: n }, (_, o) => {
        let taps = 0;
        for (let k = 0; k < (kernel[i] as number); k++) {
          const at = o * (strides[i] as number) - before + k * (dilations[i] as number);
          if (countsPadding ? at < (extents[i] as number) + behind : at >= 0 && at < (extents[i] as number)) taps++;
        }
        return taps;
      });
      return counts.flatMap((c) => along.map((a) => c * a));
    },
    [1],
  );
}
