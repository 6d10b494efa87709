/**
 * Sliding windows of Conv and the pools: kernel, strides, dilations and pads (auto_pad resolved) after
 * ONNX. Pads are all begins, then all ends.
 */
import type { Node } from '../../ir/model';
import { intsAttr, stringAttr } from '../family';

export interface SlidingWindow {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
}

/** `extents` are the input's spatial axes, `kernel` the window (the attribute `kernel_shape` unless given). */
export function windowOf(node: Node, extents: readonly number[], given?: readonly number[]): SlidingWindow {
  const kernel = given ?? intsAttr(node, 'kernel_shape') ?? extents.map(() => 1);
  const strides = intsAttr(node, 'strides') ?? extents.map(() => 1);
  const dilations = intsAttr(node, 'dilations') ?? extents.map(() => 1);
  const auto = stringAttr(node, 'auto_pad', 'NOTSET');
  if (auto !== 'SAME_UPPER' && auto !== 'SAME_LOWER') {
    const pads = auto === 'VALID' ? undefined : intsAttr(node, 'pads');
    return { kernel, strides, dilations, pads: pads ?? [...extents, ...extents].map(() => 0) };
  }
  const begins: number[] = [];
  const ends: number[] = [];
  extents.forEach((extent, i) => {
    const stride = strides[i] as number;
    const reach = ((kernel[i] as number) - 1) * (dilations[i] as number) + 1;
    const total = Math.max(0, (Math.ceil(extent / stride) - 1) * stride + reach - extent);
    const less = Math.floor(total / 2);
    begins.push(auto === 'SAME_UPPER' ? less : total - less);
    ends.push(auto === 'SAME_UPPER' ? total - less : less);
  });
  return { kernel, strides, dilations, pads: [...begins, ...ends] };
}
