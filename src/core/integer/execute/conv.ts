/**
 * Convolution, 1-D and 2-D, in the kernel: acc = sum (x - zx) * w + B, one MulShift per output channel. Padding holds zx,
 * the integer that means 0.0. Output channels are the rows of a product, output positions its columns, a block at a time.
 */
import type { Context } from '../../base/context';
import { throwIfCancelled } from '../../base/context';
import { StudioError } from '../../base/errors';
import type { ConvOp, IntegerModel } from '../../ir/integer-model';
import { BLOCK_BYTES, depthBlocks, elementType, factorOf, takeRows } from './operands';
import { registerOf, requantizer } from './requantizer';
import { geometryOf, tapOffsets, type Geometry } from './conv-geometry';
import { slideChannels } from './depthwise';
import { portion, type Range } from './part';
import {
  constantOf,
  newSums,
  newTensor,
  numbersOf,
  operandOf,
  valueOf,
  zeroPointOf,
  type OpResult,
  type Part,
  type Run,
  type Tensors,
} from './tensors';

export async function executeConv(op: ConvOp, tensors: Tensors, model: IntegerModel, ctx: Context, run: Run): Promise<OpResult> {
  const { kernel } = run;
  const x = operandOf(model, tensors, op.inputs[0] as string);
  const weight = constantOf(model, op.weight);
  const w = numbersOf(weight.data, op.weight);
  const { shape } = valueOf(model, op.acc);
  const g = geometryOf(op, x.value.shape, weight.shape, shape);
  const zero = zeroPointOf(x.value);
  const factor = factorOf(x.data, zero);
  const weights = factorOf(w, 0);
  if (weights.rest !== 0)
    throw new StudioError({ code: 'internal', what: 'A convolution has unsigned 16-bit weights', where: { node: op.name } });
  const output = newTensor(model, op.output, run);
  const acc = run.acc ? newSums(output.data.length, run) : undefined;

  const made: OpResult = acc ? { acc: { dtype: 'int32', shape, data: acc }, output } : { output };

  const each = g.outputs / g.group;
  const positions = g.outHeight * g.outWidth;
  const { groups, channels, places } = partOf(g, run.part);
  const some = channels.to - channels.from;
  const across = places.to - places.from;
  if (groups.from === groups.to || some === 0 || across === 0) return made;
  const all = { from: groups.from * each + channels.from, to: (groups.to - 1) * each + channels.to };
  const size = output.data.BYTES_PER_ELEMENT;
  const pixels = g.perGroup * g.height * g.width;
  const k = g.perGroup * g.kh * g.kw;
  const lda = k + (k & 1);
  const depths = depthBlocks(lda);
  const depth = depths[0]?.count ?? 0;
  const width = Math.min(
    Math.ceil(across / 8) * 8,
    Math.max(8, 8 * Math.floor(Math.min(BLOCK_BYTES / (16 * depth), BLOCK_BYTES / (32 * some)))),
  );
  const rowStep = 2 * g.strideY * g.phase * g.strideX;
  const aligned = g.outWidth % 8 === 0 || g.outHeight === 1 ? 1 : 0;

  kernel.reset();
  const scaled = requantizer(kernel, model, op.requant, g.outputs);
  const cut = registerOf(kernel, op, model);
  const rows = kernel.room(2 * g.outputs * lda);
  const filters = kernel.put(w.subarray(all.from * k, all.to * k));
  kernel.toI16Rows(filters, weights.type, all.to - all.from, k, 0, rows + 2 * all.from * lda, lda);
  const bias = op.bias === undefined ? undefined : numbersOf(constantOf(model, op.bias).data, op.bias);
  const start = kernel.put(bias ? Int32Array.from(bias) : new Int32Array(g.outputs));
  if (factor.rest !== 0) kernel.rowSums(rows + 2 * all.from * lda, lda, all.to - all.from, lda, factor.rest, start + 4 * all.from);
  if (g.perGroup === 1 && g.group > 1) {
    await slideChannels(g, groups, x.data, factor, zero, { weights: rows, lda, start, scaled, cut }, output.data, acc, ctx, run);
    return made;
  }
  const planes = kernel.room(2 * g.perGroup * g.paddedHeight * g.phase * g.strideX);
  const taps = kernel.put(tapOffsets(g).map((offset) => planes + offset));
  const source = kernel.room(pixels * x.data.BYTES_PER_ELEMENT);
  const panels = kernel.room(2 * depth * width);
  const scratch = kernel.room(4 * width + 128);
  const block = kernel.room(4 * some * width);
  const sums = acc ? kernel.room(4 * some * across) : 0;
  const target = kernel.room(some * across * size);

  for (let n = 0; n < g.batch; n++) {
    for (let group = groups.from; group < groups.to; group++) {
      const from = (n * g.group + group) * pixels;
      kernel.write(source, x.data.subarray(from, from + pixels));
      kernel.toPlanes(
        ...[source, factor.type, g.perGroup, g.height, g.width, factor.offset, zero - factor.offset, planes],
        ...[g.paddedHeight, g.top, g.left, g.strideX, g.phase],
      );
      const channel = group * each + channels.from;
      for (let first = places.from; first < places.to; first += width) {
        const count = Math.min(width, places.to - first);
        const row = Math.floor(first / g.outWidth);
        kernel.fillRows(block, width, some, width, start + 4 * channel);
        for (const d of depths) {
          const taken = Math.min(d.count, k - d.from);
          kernel.packPatches(
            ...[taps + 4 * d.from, taken, row, first - row * g.outWidth, g.outWidth, rowStep, count, aligned, panels, scratch],
          );
          kernel.gemm(rows + 2 * (channel * lda + d.from), lda, some, panels, d.count, Math.ceil(count / 8), block, width);
        }
        const at = first - places.from;
        cut?.(block, width, some, count);
        if (acc) kernel.narrow(block, width, some, count, sums + 4 * at, across, 4);
        scaled.rows(block, width, some, Math.ceil(count / 4) * 4, channel);
        kernel.narrow(block, width, some, count, target + at * size, across, elementType(output.data));
        await ctx.tick();
        throwIfCancelled(ctx);
      }
      const to = (n * g.outputs + channel) * positions + places.from;
      takeRows(kernel, target, some, across, output.data, to, positions);
      if (acc) takeRows(kernel, sums, some, across, acc, to, positions);
    }
  }
  return made;
}

/** From so many positions on they are divided, below the filters: few positions are cheaply gathered twice, filters are not. */
const MANY_POSITIONS = 512;

/** What one thread computes of every image: some groups, or some output channels or positions of all. */
function partOf(g: Geometry, part: Part | undefined): { readonly groups: Range; readonly channels: Range; readonly places: Range } {
  const each = g.outputs / g.group;
  const positions = g.outHeight * g.outWidth;
  const whole = { groups: portion(g.group, undefined), channels: portion(each, undefined), places: portion(positions, undefined) };
  if (!part) return whole;
  if (g.group > 1 && (g.perGroup === 1 || g.group >= 4 * part.count)) return { ...whole, groups: portion(g.group, part) };
  if (g.group === 1 && positions < MANY_POSITIONS) return { ...whole, channels: portion(each, part, 4) };
  return { ...whole, places: portion(positions, part, 8) };
}
