/**
 * A float runner for tests that needs no runtime: every node by its family's own float rule, clamps applied. Samples are
 * random tensors.
 */
import { quietContext } from '../base/context';
import type { Sample, SampleSource } from '../calibrate/types';
import { fakeGraph, qdqModel } from '../exporters/qdq';
import { withExtraOutputs } from '../onnx/extra-outputs';
import { readModel } from '../onnx/read';
import { floatExecutor } from '../passes/float-executor';
import { createRng } from '../base/rng';
import type { CanonicalModel, Node, NodeId, ValueName } from '../ir/model';
import { sizeOf, type Tensor } from '../ir/tensor';
import { familyOf } from '../ops/registry';
import { shapeOf } from '../ops/support';
import { floatSteps } from '../reconstruct/float-steps.fixture';
import type { FloatRunner, FloatTensors } from './types';

export function runFloat(c: CanonicalModel, sample: Sample): FloatTensors {
  const values = new Map<ValueName, Tensor>();
  const raw = new Map<NodeId, Float32Array>();
  for (const [name, tensor] of sample.inputs) values.set(name as ValueName, tensor);
  for (const node of c.model.graph.nodes) {
    const inputs = node.inputs.map((n) => (n === undefined ? undefined : (values.get(n) ?? c.constants(n))));
    const outputs = node.outputs.map((n) => ({ dtype: 'float32' as const, shape: shapeOf(c, n) }));
    const [result] = familyOf(node.op, node.domain)?.evaluate?.({ node, opset: 17, inputs, outputs }) ?? [];
    if (!result) throw new Error(node.op);
    const data = result.data as Float32Array;
    raw.set(node.id, data);
    values.set(node.outputs[0] as ValueName, { ...result, data: clamped(data, node.clamp) });
  }
  return { values: new Map([...values].map(([n, t]) => [n, t.data as Float32Array])), raw }; // masks are never asked for
}

function clamped(x: Float32Array, clamp: Node['clamp']): Float32Array {
  return clamp ? x.map((v) => Math.min(clamp.hi, Math.max(clamp.lo, v))) : x;
}

export const ownRunner: FloatRunner = {
  steps: floatSteps,
  fakeGraph,
  async openFake(c, plan, recipe, values) {
    const model = readModel(
      withExtraOutputs(
        qdqModel(c, plan, recipe),
        values.flatMap((v) => c.model.graph.values.get(v) ?? []),
      ),
      'fake',
    );
    const executor = await floatExecutor(model, quietContext());
    return {
      async run(sample) {
        const outputs = await executor?.run(sample.inputs, quietContext());
        const found = new Map(model.graph.outputs.map((o, i) => [o.name, outputs?.[i]?.data as Float32Array]));
        return { values: new Map(values.map((v) => [v, found.get(v) as Float32Array])), raw: new Map() };
      },
      close: async () => undefined,
    };
  },
  open: async (c) => ({ run: async (sample) => runFloat(c, sample), close: async () => undefined }),
};

type SampleTensor = Sample['inputs'] extends ReadonlyMap<string, infer T> ? T : never;

/** `count` samples for the model's inputs, each float element `of(rng)`. */
export function randomSource(c: CanonicalModel, count: number, of: (normal: () => number) => number = (n) => n()): SampleSource {
  const sample = (index: number): Sample => {
    const rng = createRng(1000 + index);
    const inputs = c.model.graph.inputs.map((i): readonly [string, SampleTensor] => {
      const shape = shapeOf(c, i.name);
      if (i.dtype !== 'float32') {
        // masks: 0 and 1, the first of them 1
        const data = BigInt64Array.from({ length: sizeOf(shape) }, (_, k) => (k === 0 || rng.uniform() < 0.7 ? 1n : 0n));
        return [i.name, { dtype: 'int64', shape, data }] as const;
      }
      return [
        i.name,
        { dtype: 'float32', shape, data: Float32Array.from({ length: sizeOf(shape) }, () => of(() => rng.normal())) },
      ] as const;
    });
    return { id: String(index), inputs: new Map(inputs), label: undefined };
  };
  return {
    info: { name: 'random', kind: 'npz', samples: count, hasLabels: false, arrays: [], preprocessing: undefined },
    sample: async (i) => sample(i),
  };
}
