/**
 * The learning loop: parameters and their Adam state go through a step model, several steps a run, with what each step is
 * given (rates, picked rows). No mathematics of its own. Gives way between runs, so that a cancel is heard.
 */
import { throwIfCancelled, type Context } from '../base/context';
import type { Model, ValueName } from '../ir/model';
import { sizeOf, type Tensor } from '../ir/tensor';
import { adam, type Moving } from './adam';
import { gradients } from './differentiate';
import type { GraphBuilder } from './graph-builder';
import { floatsFrom, floatTensor, type StepRunner } from './step-runner';

export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
}

/** What a loss is made of: gradients that start somewhere, and a number for the curve. */
export interface Loss {
  readonly seeds: ReadonlyMap<ValueName, ValueName>;
  readonly value: ValueName;
}

/** Step `step` of a run reads inputs of its own: their names end with its number. */
export type LossOf = (values: readonly ValueName[], step: number) => Loss;

const stateNames = ({ name }: Parameter): readonly [string, string, string] => [name, `${name}_first`, `${name}_second`];

/** `steps` steps one after the other: forward, backward, Adam. Step k takes the rate of every parameter from `<name>_rate<k>`. */
export function stepModel(g: GraphBuilder, parameters: readonly Parameter[], steps: number, lossOf: LossOf): Model {
  let now = parameters.map((p): Moving => {
    const [value, first, second] = stateNames(p).map((name) => g.input(name, p.shape)) as [ValueName, ValueName, ValueName];
    return { value, first, second };
  });
  const losses: ValueName[] = [];
  for (let step = 0; step < steps; step++) {
    const values = now.map((m) => m.value);
    const { seeds, value } = lossOf(values, step);
    const found = gradients(g, seeds, values);
    now = now.map((m, i) => {
      const gradient = found[i];
      return gradient === undefined ? m : adam(g, m, gradient, g.input(`${parameters[i]?.name}_rate${step}`, []));
    });
    losses.push(value);
  }
  const outputs = parameters.flatMap((p, i) => {
    const moving = now[i] as Moving;
    const [value, first, second] = stateNames(p);
    return [
      [`next_${value}`, moving.value],
      [`next_${first}`, moving.first],
      [`next_${second}`, moving.second],
    ] as const;
  });
  return g.model({ ...Object.fromEntries(outputs), loss: losses[steps - 1] as ValueName });
}

export interface State {
  readonly tensors: ReadonlyMap<string, Tensor>;
}

export function startState(parameters: readonly Parameter[], values: readonly Float32Array[]): State {
  const tensors = new Map<string, Tensor>();
  parameters.forEach((p, i) => {
    const [value, first, second] = stateNames(p);
    tensors.set(value, floatTensor(p.shape, values[i] as Float32Array));
    for (const name of [first, second]) tensors.set(name, floatTensor(p.shape, new Float32Array(sizeOf(p.shape))));
  });
  return { tensors };
}

type Feed = Iterable<readonly [string, Tensor]>;

export interface Training {
  readonly model: Model;
  /** Steps of one run of the model. */
  readonly steps: number;
  /** Number of the first step, and of the first that is not run; both multiples of `steps`. */
  readonly from: number;
  readonly to: number;
  /** What step t = from, from + 1, ... is given, as the k-th of its run. */
  readonly feed: (t: number, k: number) => Feed | Promise<Feed>;
}

/** `curve(t, loss)` after every run. */
export async function train(
  runner: StepRunner,
  training: Training,
  start: State,
  ctx: Context,
  curve: (done: number, loss: number) => void,
): Promise<State> {
  const { model, steps, from, to, feed } = training;
  if (from >= to) return start;
  const session = await runner.open(model);
  let { tensors } = start;
  try {
    for (let t = from; t < to; t += steps) {
      const inputs = new Map<string, Tensor>(tensors);
      for (let k = 0; k < steps; k++) for (const [name, tensor] of await feed(t + k, k)) inputs.set(name, tensor);
      const outputs = await session.run(inputs);
      tensors = new Map([...tensors.keys()].map((name) => [name, outputs.get(`next_${name}`) as Tensor]));
      curve(t + steps, floatsFrom(outputs, 'loss')[0] as number);
      await ctx.tick();
      throwIfCancelled(ctx);
    }
  } finally {
    await session.close();
  }
  return { tensors };
}
