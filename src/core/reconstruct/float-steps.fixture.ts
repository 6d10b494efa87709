/** Steps of learning by our own float rules, for tests: slow, and the same in every engine. */
import { quietContext } from '../base/context';
import { floatExecutor } from '../passes/float-executor';
import type { StepRunner } from './step-runner';

export const floatSteps: StepRunner = {
  async open(model) {
    const executor = await floatExecutor(model, quietContext());
    if (!executor) throw new Error('an operator of the step has no float rule');
    return {
      async run(inputs) {
        const outputs = await executor.run(inputs, quietContext());
        return new Map(model.graph.outputs.map((o, i) => [o.name, outputs[i] as (typeof outputs)[number]]));
      },
      close: () => Promise.resolve(),
    };
  },
};
