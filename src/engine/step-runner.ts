/**
 * Learning steps of the core on the float runtime: the step model as a file, tensors by name. WASM and WebGPU alike.
 */
import { writeModel } from '../core/index';
import type { Tensor } from '../core/ir/tensor';
import type { StepRunner, StepSession } from '../core/reconstruct/step-runner';
import type { NamedTensor, Provider, Runner } from './ports';

export function stepRunner(runner: Runner, provider: Provider, abort: AbortSignal | undefined): StepRunner {
  return {
    async open(model): Promise<StepSession> {
      const outputs = model.graph.outputs.map((o) => o.name);
      const session = await runner.load(writeModel(model), { provider }, abort);
      return {
        async run(inputs) {
          const feeds = model.graph.inputs.map(({ name }): NamedTensor => ({ ...(inputs.get(name) as Tensor), name }) as NamedTensor);
          const results = await session.run(feeds, outputs, abort);
          return new Map(results.map(({ name, dtype, shape, data }) => [name, { dtype, shape, data }]));
        },
        close: () => session.close(),
      };
    },
  };
}
