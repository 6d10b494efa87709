/** A block emitted to be learned on, with the steps and weights of the plan: the values of the fake-quantized model. */
import { describe, expect, it } from 'vitest';
import { quietContext } from '../base/context';
import { planQuantization } from '../integer/make-plan';
import type { CanonicalModel, ValueName } from '../ir/model';
import { shapeOf } from '../ops/support';
import { dequantizeAffine } from '../quant/affine';
import { builtInQuantizers } from '../quant/registry';
import { GraphBuilder } from '../reconstruct/graph-builder';
import { floatSteps } from '../reconstruct/float-steps.fixture';
import { floatsFrom, runOnce } from '../reconstruct/step-runner';
import { onGrid } from '../reconstruct/step-size';
import { defaultRecipe } from '../recipe/recipe';
import { blockEmitter, blockModel, planIn } from './block-graph';
import { Hold } from '../base/hold';
import { blockSamples } from './block-samples';
import { quantizersOf } from './block-steps';
import { blocksOf, type Block } from './blocks';
import { ownRunner, randomSource } from './float-runner.fixture';
import { attentionNet, calibrated, convNet, normNet } from './networks.fixture';

const recipe = { ...defaultRecipe, activations: { ...defaultRecipe.activations, bits: 4 } };

async function planned(c: CanonicalModel) {
  const source = randomSource(c, 2);
  const plan = await planQuantization(c, await calibrated(c, source), recipe, quietContext());
  return { source, plan, blocks: blocksOf(c), quantizers: quantizersOf(c, plan, blocksOf(c)) };
}

describe.each([
  ['convNet', convNet],
  ['attentionNet', attentionNet],
  ['normNet', () => normNet(2)],
] as const)('%s', (_, net) => {
  it('is block by block what the fake-quantized model is', async () => {
    const c = net();
    const { source, plan, blocks, quantizers } = await planned(c);
    const valueOf = async (block: Block, sample: number): Promise<Float32Array> => {
      // what goes out on a grid that is not the block's own is compared before it
      const isOwn = quantizers.get(block.output)?.some((q) => q.root === block.output) === true;
      const activations = new Map([...plan.activations].filter(([v]) => isOwn || v !== block.output));
      const session = await ownRunner.openFake(c, { ...plan, activations }, recipe, [block.output]);
      return (await session.run(await source.sample(sample))).values.get(block.output) as Float32Array;
    };
    for (const block of blocks) {
      const learned = quantizers.get(block.output) ?? [];
      const samples = await blockSamples(
        block,
        learned,
        {
          ...{ canonical: c, plan, recipe, quantizers: builtInQuantizers, source, samples: 2, runner: ownRunner },
          hold: new Hold({ budget: 2 ** 20, scratch: undefined }),
        },
        quietContext(),
      );
      const g = new GraphBuilder();
      const fake = ownRunner.fakeGraph(blockModel(c, block), planIn(block, learned, c, plan));
      const x = block.inputs.map((v, i) => g.input(`x${i}`, shapeOf(c, v), v === 'mask' ? 'int64' : 'float32'));
      const y = blockEmitter(fake, block, {
        step: (q) => (learned.some((l) => l.quantizers.includes(q)) ? learned.findIndex((l) => l.quantizers.includes(q)) : undefined),
        weight: (id) => block.layers.indexOf(id),
      })(g)(x, {
        quantized(i, from) {
          const [q] = learned[i]?.quantizers ?? [];
          return q ? onGrid(g, q, from, g.floats(q.scale)) : from;
        },
        weight(i) {
          const w = plan.weights.get(block.layers[i] as (typeof block.layers)[number]);
          return w ? g.floats(dequantizeAffine(w.data as Int8Array, w.q, w.shape), w.shape) : ('' as ValueName);
        },
      });
      const model = g.model({ y });
      for (let k = 0; k < samples.count; k++) {
        const s = await samples.take(k);
        const found = floatsFrom(await runOnce(floatSteps, model, new Map(s.quantized.map((t, i) => [`x${i}`, t]))), 'y');
        (await valueOf(block, k)).forEach((v, i) => expect(Math.abs((found[i] as number) - v)).toBeLessThan(1e-5 * (1 + Math.abs(v))));
      }
    }
  });
});
