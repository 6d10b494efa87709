/**
 * Some elements of an activation on its grid, the others as they are, with the gradient of straight-through rounding written
 * down: half the passes over the tensor that its operators' own rules take, which is where small layers spend their time.
 * Law: it is the gradient that those rules give, but where v = x/s lies on a bound of the range.
 */
import type { ValueName } from '../ir/model';
import { mul, sub, summedTo } from '../ops/backward/common';
import type { GraphBuilder } from './graph-builder';

export interface Grid {
  readonly zeroPoint: number;
  readonly lo: number;
  readonly hi: number;
}

/** `mask`: bool, which elements. dx^/dx = 1 where v is in range, dx^/ds = round(v) - v there and the bound outside. */
export function dropped(g: GraphBuilder, { zeroPoint, lo, hi }: Grid, x: ValueName, step: ValueName, mask: ValueName): ValueName {
  const v = g.emit('Div', [x, step]);
  const inside = g.emit('Clip', [v, g.floats([lo - zeroPoint]), g.floats([hi - zeroPoint])]);
  const q = g.emit('Round', [inside]);
  const y = g.emit('Where', [mask, mul(g, q, step), x]);
  const zero = g.floats([0]);
  return g.withGradient(y, [x, step], (dy, wanted) => {
    const isInside = g.emit('Equal', [v, inside]);
    const error = sub(g, q, g.emit('Where', [isInside, v, zero]));
    return [
      wanted(0) ? g.emit('Where', [g.emit('Or', [isInside, g.emit('Not', [mask])]), dy, zero]) : undefined,
      wanted(1) ? summedTo(g, mul(g, g.emit('Where', [mask, dy, zero]), error), g.shape(step)) : undefined,
    ];
  });
}
