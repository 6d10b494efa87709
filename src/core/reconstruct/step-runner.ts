/**
 * How a learning step reaches a float runtime: a model of our own in, a session out. The engine puts ONNX Runtime behind it
 * (WASM or WebGPU), tests our own float rules; the graphs are the same.
 */
import type { Model } from '../ir/model';
import type { Tensor } from '../ir/tensor';

export interface StepSession {
  /** All outputs of the model by name. */
  run(inputs: ReadonlyMap<string, Tensor>): Promise<ReadonlyMap<string, Tensor>>;
  close(): Promise<void>;
}

export interface StepRunner {
  open(model: Model): Promise<StepSession>;
}

export function floatTensor(shape: readonly number[], data: Float32Array): Tensor<'float32'> {
  return { dtype: 'float32', shape, data };
}

/** An output that the model is known to have. */
export function floatsFrom(outputs: ReadonlyMap<string, Tensor>, name: string): Float32Array {
  return outputs.get(name)?.data as Float32Array; // our own model: float32
}

/** One run of a model that is needed once. */
export async function runOnce(
  runner: StepRunner,
  model: Model,
  inputs: ReadonlyMap<string, Tensor> = new Map(),
): Promise<ReadonlyMap<string, Tensor>> {
  const session = await runner.open(model);
  try {
    return await session.run(inputs);
  } finally {
    await session.close();
  }
}
