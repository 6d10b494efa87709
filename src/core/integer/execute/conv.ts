/**
 * Convolution, 1-D and 2-D, in the kernel: acc = sum (x - zx) * w + B, one MulShift per output channel. Padding holds zx,
 * the integer that means 0.0. Output channels are the rows of a product, output positions its columns, a block at a time.
 */
import type { Context } from '../../base/context';
import { throwIfCancelled } from '../../base/context';
import { StudioError } from '../../base/errors';
import type { ConvOp, IntegerModel } from '../../ir/integer-model';
import { BLOCK_BYTES, depthBlocks, elementType, factorOf } from './operands';
import { requantizer } from './requantizer';
import { geometryOf, tapOffsets } from './conv-geometry';
import { slideChannels } from './depthwise';
import { constantOf, newTensor, numbersOf, operandOf, valueOf, zeroPointOf, type OpResult, type Run, type Tensors } from './tensors';

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
  const acc = run.acc ? new Int32Array(output.data.length) : undefined;

  const each = g.outputs / g.group;
  const positions = g.outHeight * g.outWidth;
  const pixels = g.perGroup * g.height * g.width;
  const k = g.perGroup * g.kh * g.kw;
  const lda = k + (k & 1);
  const depths = depthBlocks(lda);
  const depth = depths[0]?.count ?? 0;
  const width = Math.min(
    Math.ceil(positions / 8) * 8,
    Math.max(8, 8 * Math.floor(Math.min(BLOCK_BYTES / (16 * depth), BLOCK_BYTES / (32 * each)))),
  );
  const rowStep = 2 * g.strideY * g.phase * g.strideX;
  const aligned = g.outWidth % 8 === 0 || g.outHeight === 1 ? 1 : 0;

  kernel.reset();
  const scaled = requantizer(kernel, model, op.requant, g.outputs);
  const rows = kernel.room(2 * g.outputs * lda);
  kernel.toI16Rows(kernel.put(w), weights.type, g.outputs, k, 0, rows, lda);
  const bias = op.bias === undefined ? undefined : numbersOf(constantOf(model, op.bias).data, op.bias);
  const start = kernel.put(bias ? Int32Array.from(bias) : new Int32Array(g.outputs));
  if (factor.rest !== 0) kernel.rowSums(rows, lda, g.outputs, lda, factor.rest, start);
  const made: OpResult = acc ? { acc: { dtype: 'int32', shape, data: acc }, output } : { output };
  if (g.perGroup === 1 && g.group > 1) {
    await slideChannels(g, x.data, factor, zero, { weights: rows, lda, start, scaled }, output.data, acc, ctx, run);
    return made;
  }
  const planes = kernel.room(2 * g.perGroup * g.paddedHeight * g.phase * g.strideX);
  const taps = kernel.put(tapOffsets(g).map((offset) => planes + offset));
  const source = kernel.room(pixels * x.data.BYTES_PER_ELEMENT);
  const panels = kernel.room(2 * depth * width);
  const scratch = kernel.room(4 * width + 128);
  const block = kernel.room(4 * each * width);
  const sums = acc ? kernel.room(4 * each * positions) : 0;
  const target = kernel.room(each * positions * output.data.BYTES_PER_ELEMENT);

  for (let n = 0; n < g.batch; n++) {
    for (let group = 0; group < g.group; group++) {
      const from = (n * g.group + group) * pixels;
      kernel.write(source, x.data.subarray(from, from + pixels));
      kernel.toPlanes(
        ...[source, factor.type, g.perGroup, g.height, g.width, factor.offset, zero - factor.offset, planes],
        ...[g.paddedHeight, g.top, g.left, g.strideX, g.phase],
      );
      const channel = group * each;
      for (let first = 0; first < positions; first += width) {
        const count = Math.min(width, positions - first);
        const row = Math.floor(first / g.outWidth);
        kernel.fillRows(block, width, each, width, start + 4 * channel);
        for (const d of depths) {
          const taken = Math.min(d.count, k - d.from);
          kernel.packPatches(
            ...[taps + 4 * d.from, taken, row, first - row * g.outWidth, g.outWidth, rowStep, count, aligned, panels, scratch],
          );
          kernel.gemm(rows + 2 * (channel * lda + d.from), lda, each, panels, d.count, Math.ceil(count / 8), block, width);
        }
        if (acc) kernel.narrow(block, width, each, count, sums + 4 * first, positions, 4);
        scaled.rows(block, width, each, Math.ceil(count / 4) * 4, channel);
        kernel.narrow(block, width, each, count, target + first * output.data.BYTES_PER_ELEMENT, positions, elementType(output.data));
        await ctx.tick();
        throwIfCancelled(ctx);
      }
      const to = (n * g.outputs + channel) * positions;
      kernel.take(target, output.data.subarray(to, to + each * positions));
      if (acc) kernel.take(sums, acc.subarray(to, to + each * positions));
    }
  }
  return made;
}
