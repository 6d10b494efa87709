/** Depthwise convolution in the kernel: every channel slides over its own plane, some channels at a time. */
import type { Context } from '../../base/context';
import { throwIfCancelled } from '../../base/context';
import { BLOCK_BYTES, elementType, type Factor } from './operands';
import type { registerOf, Requantizer } from './requantizer';
import { tapOffsets, type Geometry } from './conv-geometry';
import type { Range } from './part';
import type { Numbers, Run } from './tensors';

/** What a convolution has laid out: addresses of weight rows (lda int16 each) and of what each sum begins with. */
export interface Rows {
  readonly weights: number;
  readonly lda: number;
  readonly start: number;
  readonly scaled: Requantizer;
  /** Cuts sums to the accumulator's register. */
  readonly cut: ReturnType<typeof registerOf>;
}

export async function slideChannels(
  g: Geometry,
  groups: Range,
  x: Numbers,
  factor: Factor,
  zero: number,
  { weights, lda, start, scaled, cut }: Rows,
  out: Numbers,
  acc: Int32Array | undefined,
  ctx: Context,
  { kernel }: Run,
): Promise<void> {
  const each = g.outputs / g.group;
  const positions = g.outHeight * g.outWidth;
  const padded = Math.ceil(positions / 8) * 8;
  const pixels = g.height * g.width;
  const planeSize = 2 * g.paddedHeight * g.phase * g.strideX;
  const some = Math.max(1, Math.min(groups.to - groups.from, Math.floor((2 * BLOCK_BYTES) / (planeSize + 4 * each * padded))));
  const taps = new Uint32Array(lda);
  taps.set(tapOffsets(g));
  const tapsAt = kernel.put(taps);
  const source = kernel.room(some * pixels * x.BYTES_PER_ELEMENT);
  const planes = kernel.room(some * planeSize);
  const block = kernel.room(4 * some * each * padded);
  const target = kernel.room(some * each * positions * out.BYTES_PER_ELEMENT);
  const sums = acc ? kernel.room(4 * some * each * positions) : 0;
  for (let n = 0; n < g.batch; n++) {
    for (let first = groups.from; first < groups.to; first += some) {
      const count = Math.min(some, groups.to - first);
      const outputs = count * each;
      const channel = first * each;
      const from = (n * g.group + first) * pixels;
      kernel.write(source, x.subarray(from, from + count * pixels));
      kernel.toPlanes(
        ...[source, factor.type, count, g.height, g.width, factor.offset, zero - factor.offset, planes],
        ...[g.paddedHeight, g.top, g.left, g.strideX, g.phase],
      );
      kernel.depthwise(
        ...[planes, planeSize, count, each, tapsAt, weights + 2 * channel * lda, lda, start + 4 * channel],
        ...[g.outHeight, g.outWidth, 2 * g.strideY * g.phase * g.strideX, block, padded],
      );
      cut?.(block, padded, outputs, positions);
      const to = n * g.outputs * positions + channel * positions;
      if (acc) {
        kernel.narrow(block, padded, outputs, positions, sums, positions, 4);
        kernel.take(sums, acc.subarray(to, to + outputs * positions));
      }
      scaled.rows(block, padded, outputs, Math.ceil(positions / 4) * 4, channel);
      kernel.narrow(block, padded, outputs, positions, target, positions, elementType(out));
      kernel.take(target, out.subarray(to, to + outputs * positions));
      await ctx.tick();
      throwIfCancelled(ctx);
    }
  }
}
