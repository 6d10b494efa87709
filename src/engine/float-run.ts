/**
 * Samples through the original model in the float runtime, with inner tensors as extra outputs.
 */
import { fakeGraph, floatModel, qdqModel, withExtraOutputs } from '../core/index';
import type { FloatRunner, FloatSession } from '../core/prepare/types';
import type { Sample } from '../core/calibrate/types';
import type { Model, NodeId, ValueInfo, ValueName } from '../core/ir/model';
import type { NamedTensor, Provider, Runner, RunnerSession } from './ports';
import type { OpenModel } from './state';
import { stepRunner } from './step-runner';

export function feedsOf(sample: Sample): NamedTensor[] {
  return [...sample.inputs].map(([name, { dtype, shape, data }]) => ({ name, dtype, shape, data }));
}

/** A session of the model that gives the values asked for; graph inputs among them are left out. */
export interface ValueSession {
  readonly threads: number;
  run(sample: Sample): Promise<ReadonlyMap<ValueName, Float32Array>>;
  close(): Promise<void>;
}

export async function valueSession(
  runner: Runner,
  model: OpenModel,
  values: readonly ValueName[],
  provider: Provider,
  abort: AbortSignal | undefined,
): Promise<ValueSession> {
  const { graph } = model.canonical.model;
  const inputs = new Set<string>(graph.inputs.map((i) => i.name));
  const asked = values.filter((v) => !inputs.has(v));
  const extra = asked.flatMap((v): ValueInfo[] => {
    const info = graph.values.get(v);
    return info ? [info] : [];
  });
  const session = await loadOriginal(runner, model, provider, abort, extra);
  return {
    threads: session.threads,
    run: async (sample) => {
      // a network of moves alone has nothing to watch inside, and a runtime refuses to be asked for nothing
      if (asked.length === 0) return new Map();
      const tensors = await session.run(feedsOf(sample), asked, abort);
      return new Map(tensors.map((t) => [t.name as ValueName, floats(t)])); // the names that were asked for
    },
    close: () => session.close(),
  };
}

/** `further`: inner values as outputs. */
export function loadOriginal(
  runner: Runner,
  model: OpenModel,
  provider: Provider,
  abort: AbortSignal | undefined,
  further: readonly ValueInfo[] = [],
): Promise<RunnerSession> {
  const { external } = model;
  const bytes = further.length === 0 ? model.bytes : withExtraOutputs(model.bytes, further);
  return runner.load(bytes, external.length === 0 ? { provider } : { provider, external }, abort);
}

/** The elements as float32; a view where they are that already. */
export function floats(t: NamedTensor): Float32Array {
  if (t.data instanceof Float32Array) return t.data;
  return Float32Array.from(t.data as ArrayLike<number | bigint>, Number);
}

/** Sessions of canonical models that are no file: equalized, smoothed, fake-quantized. For the preparing stage; learning runs on `steps`. */
export function floatRunner(runner: Runner, abort: AbortSignal | undefined, steps: Provider = 'wasm'): FloatRunner {
  const open = async (
    { graph }: Model,
    bytes: Uint8Array,
    values: readonly ValueName[],
    raw: readonly (readonly [NodeId, ValueName])[],
    exact: boolean,
  ): Promise<FloatSession> => {
    const declared = new Set<string>(graph.outputs.map((o) => o.name));
    const wanted = [...new Set([...values, ...raw.map(([, name]) => name)])];
    const infos = wanted
      .filter((v) => !declared.has(v))
      .map((v) => graph.values.get(v) ?? ({ name: v, dtype: 'float32', shape: undefined } as const));
    const session = await runner.load(withExtraOutputs(bytes, infos), { provider: 'wasm', exact }, abort);
    return {
      async run(sample) {
        if (wanted.length === 0) return { values: new Map(), raw: new Map() };
        const tensors = new Map((await session.run(feedsOf(sample), wanted, abort)).map((t) => [t.name, floats(t)]));
        const pick = <K>(pairs: readonly (readonly [K, ValueName])[]): Map<K, Float32Array> =>
          new Map(pairs.flatMap(([key, name]) => (tensors.has(name) ? [[key, tensors.get(name) as Float32Array]] : [])));
        return { values: pick(values.map((v) => [v, v] as const)), raw: pick(raw) };
      },
      close: () => session.close(),
    };
  };
  return {
    steps: stepRunner(runner, steps, abort),
    open(c, values, raw) {
      const { bytes, raw: names } = floatModel(c);
      const before = raw.flatMap((id) => {
        const name = names.get(id);
        return name === undefined ? [] : [[id, name] as const];
      });
      // fusion of Conv, Add and Relu gives nothing where the convolution's own output is asked for
      return open(c.model, bytes, values, before, raw.length > 0);
    },
    fakeGraph,
    openFake: (c, plan, recipe, values) => open(c.model, qdqModel(c, plan, recipe), values, [], true),
  };
}
