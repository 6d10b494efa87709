/**
 * What a block is learned on: its inputs from the fake-quantized model and from the float model, and the float model's output.
 * They are put aside in a `Hold`: of at most 1 024, the first ones; where there is no place but memory, as many as fit into half of
 * its budget.
 * An input whose quantizer is learned in the block comes as it is before it.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { sizeOf, type Tensor } from '../ir/tensor';
import { shapeOf } from '../ops/support';
import type { Held } from '../base/hold';
import type { BlockSamples } from '../reconstruct/block';
import { floatTensor } from '../reconstruct/step-runner';
import { withQuantizer, type BlockQuantizer } from './block-steps';
import type { Block } from './blocks';
import type { LearnFrom, FloatTensors } from './types';

const MOST = 1024;

export async function blockSamples(
  block: Block,
  learned: readonly BlockQuantizer[],
  { canonical, targets = canonical, plan, recipe, source, samples, runner, hold }: LearnFrom,
  ctx: Context,
): Promise<BlockSamples & { readonly drop: () => void }> {
  const given = new Set(canonical.model.graph.inputs.map((i) => i.name));
  const inner = block.inputs.filter((v) => !given.has(v));
  const bytes = [...inner, ...inner, block.output].reduce((sum, v) => sum + 4 * sizeOf(shapeOf(canonical, v)), 0);
  const count = Math.max(1, Math.min(samples, MOST, hold.fits(2 * bytes)));
  const before = learned.reduce((p, q) => (q.narrow ? p : withQuantizer(p, q, undefined)), plan);
  const found: HeldSample[] = [];
  const all: Held<Float32Array>[] = [];
  const drop = (): void => all.forEach((h) => h.drop());
  const put = async (data: Float32Array = new Float32Array()): Promise<Held<Float32Array>> => {
    const held = await hold.keep(data);
    all.push(held);
    return held;
  };
  const float = await runner.open(targets, [...inner, block.output], []);
  try {
    const fake = await runner.openFake(canonical, before, recipe, inner);
    try {
      for (let i = 0; i < count; i++) {
        const sample = await source.sample(i);
        const [real, quantized] = [await float.run(sample), await fake.run(sample)];
        const tensors = async ({ values }: FloatTensors): Promise<readonly HeldInput[]> => {
          const all: HeldInput[] = [];
          for (const v of block.inputs) {
            const given = sample.inputs.get(v);
            all.push(given ? { given } : { shape: shapeOf(canonical, v), data: await put(values.get(v)) });
          }
          return all;
        };
        const target = await put(real.values.get(block.output));
        found.push({ quantized: await tensors(quantized), float: await tensors(real), target });
        await ctx.tick();
        throwIfCancelled(ctx);
      }
    } finally {
      await fake.close();
    }
  } catch (error) {
    drop();
    throw error;
  } finally {
    await float.close();
  }
  return {
    count,
    drop,
    async take(index) {
      const { quantized, float: real, target } = found[index] as HeldSample;
      return {
        quantized: await Promise.all(quantized.map(tensorOf)),
        float: await Promise.all(real.map(tensorOf)),
        target: await target.read(),
      };
    },
  };
}

/** The data's own tensor, or one of the network that was put aside. */
type HeldInput = { readonly given: Tensor } | { readonly shape: readonly number[]; readonly data: Held<Float32Array> };

interface HeldSample {
  readonly quantized: readonly HeldInput[];
  readonly float: readonly HeldInput[];
  readonly target: Held<Float32Array>;
}

const tensorOf = async (input: HeldInput): Promise<Tensor> =>
  'given' in input ? input.given : floatTensor(input.shape, await input.data.read());
