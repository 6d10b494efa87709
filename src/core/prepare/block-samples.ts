/**
 * What a block is learned on: its inputs from the fake-quantized model and from the float model, and the float model's output.
 * Memory: as many samples as fit into 256 MB, the first ones, of at most 1 024; the others are left out, not spilled.
 * An input whose quantizer is learned in the block comes as it is before it.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { sizeOf, type Tensor } from '../ir/tensor';
import { shapeOf } from '../ops/support';
import type { BlockSample } from '../reconstruct/block';
import { floatTensor } from '../reconstruct/step-runner';
import { withQuantizer, type BlockQuantizer } from './block-steps';
import type { Block } from './blocks';
import type { LearnFrom, FloatTensors } from './types';

const MEMORY = 256 * 2 ** 20;
const MOST = 1024;

export async function blockSamples(
  block: Block,
  learned: readonly BlockQuantizer[],
  { canonical, plan, recipe, source, samples, runner }: LearnFrom,
  ctx: Context,
): Promise<BlockSample[]> {
  const given = new Set(canonical.model.graph.inputs.map((i) => i.name));
  const inner = block.inputs.filter((v) => !given.has(v));
  const bytes = [...inner, ...inner, block.output].reduce((sum, v) => sum + 4 * sizeOf(shapeOf(canonical, v)), 0);
  const count = Math.max(1, Math.min(samples, MOST, Math.floor(MEMORY / bytes)));
  const before = learned.reduce((p, q) => (q.narrow ? p : withQuantizer(p, q, undefined)), plan);
  const float = await runner.open(canonical, [...inner, block.output], []);
  try {
    const fake = await runner.openFake(canonical, before, recipe, inner);
    try {
      const found: BlockSample[] = [];
      for (let i = 0; i < count; i++) {
        const sample = await source.sample(i);
        const [real, quantized] = [await float.run(sample), await fake.run(sample)];
        const inputsOf = ({ values }: FloatTensors): Tensor[] =>
          block.inputs.map((v) => sample.inputs.get(v) ?? floatTensor(shapeOf(canonical, v), values.get(v) ?? new Float32Array()));
        found.push({
          quantized: inputsOf(quantized),
          float: inputsOf(real),
          target: real.values.get(block.output) ?? new Float32Array(),
        });
        await ctx.tick();
        throwIfCancelled(ctx);
      }
      return found;
    } finally {
      await fake.close();
    }
  } finally {
    await float.close();
  }
}
