/** Backward rules of LayerNormalization and of BatchNormalization as inference has it (of its input alone). */
import type { ValueName } from '../../ir/model';
import type { BackwardRule, Emitter } from '../backward';
import { floatAttr, intAttr } from '../family';
import { add, input, mul, reshaped, scaled, sub, summed, summedTo } from './common';

/** With n the normalized input and d = dy * scale: dx = (d - mean(d) - n * mean(d * n)) / deviation. */
export const layerNormBackward: BackwardRule = (node, dy, g, wanted) => {
  const [x, scale] = [input(node, 0), input(node, 1)];
  const shape = g.shape(x);
  const axis = intAttr(node, 'axis', -1);
  const axes = shape.map((_, i) => i).slice(axis < 0 ? axis + shape.length : axis);
  const count = axes.reduce((n, a) => n * (shape[a] as number), 1);
  const mean = (of: ValueName): ValueName => scaled(g, summed(g, of, axes, true), 1 / count);
  const centred = sub(g, x, mean(x));
  const variance = mean(mul(g, centred, centred));
  const deviation = g.emit('Sqrt', [add(g, variance, g.floats([floatAttr(node, 'epsilon', 1e-5)]))]);
  const normal = g.emit('Div', [centred, deviation]);
  const d = mul(g, dy, scale);
  const inner = sub(g, sub(g, d, mean(d)), mul(g, normal, mean(mul(g, d, normal))));
  return [
    wanted(0) ? g.emit('Div', [inner, deviation]) : undefined,
    wanted(1) ? summedTo(g, mul(g, dy, normal), g.shape(scale)) : undefined,
    wanted(2) ? summedTo(g, dy, g.shape(input(node, 2))) : undefined,
  ];
};

export const batchNormBackward: BackwardRule = (node, dy, g) => {
  const rank = g.shape(dy).length;
  const perChannel = (v: ValueName): ValueName => reshaped(g, v, [1, -1, ...new Array<number>(Math.max(0, rank - 2)).fill(1)]);
  return [mul(g, dy, perChannel(slopeOf(g, input(node, 1), input(node, 4), floatAttr(node, 'epsilon', 1e-5))))];
};

function slopeOf(g: Emitter, scale: ValueName, variance: ValueName, epsilon: number): ValueName {
  return g.emit('Div', [scale, g.emit('Sqrt', [add(g, variance, g.floats([epsilon]))])]);
}
