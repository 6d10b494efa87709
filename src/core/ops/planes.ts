/**
 * Windows that slide over planes of one, two or three spatial axes, as three axes always (the missing ones in
 * front have extent 1), and output extents after ONNX Conv-11 and AveragePool-19.
 */
import { StudioError } from '../base/errors';
import type { Node } from '../ir/model';
import type { SlidingWindow } from './lower/window';
import { badShape } from './readers';

type Three = readonly [number, number, number];

export interface Planes {
  readonly input: Three;
  readonly output: Three;
  readonly kernel: Three;
  readonly strides: Three;
  readonly dilations: Three;
  /** In front and behind. */
  readonly begins: Three;
  readonly ends: Three;
}

/** Every list of the window has one entry per spatial axis. Throws `bad-shape`. */
export function checkWindow(node: Node, w: SlidingWindow, axes: number): void {
  const lists = [w.kernel.length, w.strides.length, w.dilations.length, w.pads.length / 2];
  if (lists.some((n) => n !== axes)) throw badShape(node, `windows of ${axes} spatial axes`, lists);
  if ([...w.kernel, ...w.strides, ...w.dilations].some((v) => v < 1))
    throw badShape(node, 'kernel, strides and dilations of at least 1', [...w.kernel, ...w.strides, ...w.dilations]);
}

/** Positions of the window along every axis; with ceil_mode one more where it hangs over, unless it starts in the padding behind. */
export function slidingShape(node: Node, w: SlidingWindow, extents: readonly number[], ceilMode = false): number[] {
  checkWindow(node, w, extents.length);
  return extents.map((extent, i) => {
    const [kernel, stride] = [w.kernel[i] as number, w.strides[i] as number];
    const [before, after] = [w.pads[i] as number, w.pads[i + extents.length] as number];
    const room = extent + before + after - ((kernel - 1) * (w.dilations[i] as number) + 1);
    let n = Math.floor(room / stride) + 1;
    if (ceilMode) {
      n = Math.ceil(room / stride) + 1;
      if ((n - 1) * stride >= extent + before) n--;
    }
    if (n < 1) throw badShape(node, 'a window that fits its input', `a kernel of ${kernel} on ${extent + before + after}`);
    return n;
  });
}

function three(node: Node, v: readonly number[], missing: number): Three {
  if (v.length > 3)
    throw new StudioError({ code: 'unsupported-operator', what: 'More than three spatial axes', where: { node: node.id, op: node.op } });
  const all = [...new Array<number>(3 - v.length).fill(missing), ...v];
  return [all[0] as number, all[1] as number, all[2] as number];
}

export function planesOf(node: Node, w: SlidingWindow, input: readonly number[], output: readonly number[]): Planes {
  const axes = input.length;
  return {
    input: three(node, input, 1),
    output: three(node, output, 1),
    kernel: three(node, w.kernel, 1),
    strides: three(node, w.strides, 1),
    dilations: three(node, w.dilations, 1),
    begins: three(node, w.pads.slice(0, axes), 0),
    ends: three(node, w.pads.slice(axes), 0),
  };
}

/**
 * First and one past the last output position o along axis i for which tap k lies inside the input:
 * 0 <= o * stride - begin + k * dilation < extent.
 */
export function insideRange(p: Planes, i: 0 | 1 | 2, k: number): readonly [number, number] {
  const at = k * p.dilations[i] - p.begins[i];
  const first = Math.max(0, Math.ceil(-at / p.strides[i]));
  const past = Math.min(p.output[i], Math.floor((p.input[i] - 1 - at) / p.strides[i]) + 1);
  return [first, past];
}
