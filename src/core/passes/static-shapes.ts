/**
 * One sample at a time: decides the static shape of every graph input. A dynamic first axis, or the axis named like a
 * batch, becomes 1; an axis that shares its name with a known one has the same extent; every other open axis must be
 * chosen by the user (`shapes`). Whether a static batch of several samples can be cut to one is decided in canonical.ts.
 */
import { own } from '../base/dictionary';
import { StudioError } from '../base/errors';
import type { Dim, Model, ValueInfo, ValueName } from '../ir/model';
import { withGraph } from './pass';

export type ChosenShapes = Readonly<Record<string, readonly number[]>>;

export type InputShapes = ReadonlyMap<ValueName, readonly number[]>;

/** Throws `bad-usage` (no such input), `bad-shape` (a choice that contradicts the model), `dynamic-shape`. */
export function inputShapes(model: Model, chosen: ChosenShapes): InputShapes {
  const { inputs } = model.graph;
  for (const name of Object.keys(chosen)) {
    if (inputs.some((i) => i.name === name)) continue;
    throw new StudioError({
      code: 'bad-usage',
      what: `The model has no input ${name}`,
      expected: inputs.map((i) => i.name).join(', ') || 'no shape: the model has no input',
      todo: 'Name one of its inputs',
    });
  }
  const names = namedExtents(inputs, chosen);
  return new Map(inputs.map((input) => [input.name, own(chosen, input.name) ?? resolved(input, names)]));
}

/** The inputs that leave an extent open. */
export function openInputs({ graph: { inputs } }: Model, chosen: ChosenShapes): readonly ValueInfo[] {
  const names = namedExtents(inputs, chosen);
  return inputs
    .filter(({ name }) => own(chosen, name) === undefined)
    .filter((input) => extentsOf(input, names)?.every((d) => d > 0) !== true);
}

/** `chosen`, and for every input that leaves extents open the shape of one sample of its name, where there is one that fits. */
export function shapesFromSamples(model: Model, chosen: ChosenShapes, samples: ReadonlyMap<string, readonly number[]>): ChosenShapes {
  for (const { name, shape } of openInputs(model, chosen)) {
    const sample = samples.get(name);
    // its names may settle other inputs
    if (sample !== undefined && fits(shape, sample)) return shapesFromSamples(model, { ...chosen, [name]: sample }, samples);
  }
  return chosen;
}

function fits(shape: ValueInfo['shape'], sample: readonly number[]): boolean {
  if (shape === undefined) return true;
  return shape.length === sample.length && shape.every((dim, axis) => typeof dim !== 'number' || dim <= 0 || dim === sample[axis]);
}

/** The same model with these input shapes. What was declared of inner values and outputs no longer holds. */
export function withInputShapes(model: Model, shapes: InputShapes): Model {
  return withGraph(model, {
    inputs: model.graph.inputs.map((i) => ({ ...i, shape: shapes.get(i.name) ?? i.shape })),
    outputs: model.graph.outputs.map((o) => ({ ...o, shape: o.shape?.map(() => undefined) })),
    values: new Map(),
  });
}

/** Number of samples in the model's static batch: the first extent that all its inputs share, when it is above 1. */
export function staticBatch(model: Model, chosen: ChosenShapes): number | undefined {
  const { inputs } = model.graph;
  const first = inputs[0]?.shape?.[0];
  if (typeof first !== 'number' || first < 2) return undefined;
  return inputs.every((i) => i.shape?.[0] === first && own(chosen, i.name) === undefined) ? first : undefined;
}

/** Extents that have a name: those that the user chose, and 1 for every name of a batch axis. */
function namedExtents(inputs: readonly ValueInfo[], chosen: ChosenShapes): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  for (const input of inputs) {
    const given = own(chosen, input.name);
    if (given === undefined) continue;
    checkChoice(input, given);
    input.shape?.forEach((dim, axis) => {
      const extent = given[axis];
      if (typeof dim !== 'string' || extent === undefined) return;
      const known = names.get(dim) ?? extent;
      if (known !== extent) throw contradiction(input, given, `${dim} is ${known} in another input`);
      names.set(dim, extent);
    });
  }
  for (const input of inputs) {
    const dim = input.shape?.[batchAxis(input)];
    if (typeof dim === 'string' && !names.has(dim)) names.set(dim, 1);
  }
  return names;
}

function checkChoice(input: ValueInfo, given: readonly number[]): void {
  const { shape } = input;
  if (given.some((d) => !Number.isInteger(d) || d < 1)) throw contradiction(input, given, 'extents are whole numbers from 1 on');
  if (shape === undefined) return;
  if (shape.length !== given.length) throw contradiction(input, given, `the input has ${shape.length} axes`);
  shape.forEach((dim, axis) => {
    // one sample of a static batch is what is used anyway
    const oneSample = axis === 0 && given[axis] === 1;
    if (typeof dim === 'number' && dim > 0 && dim !== given[axis] && !oneSample) {
      throw contradiction(input, given, `axis ${axis} is ${dim} in the model`);
    }
  });
}

function contradiction(input: ValueInfo, given: readonly number[], why: string): StudioError {
  return new StudioError({
    code: 'bad-shape',
    what: `The chosen shape does not fit the input: ${why}`,
    expected: shapeText(input.shape),
    got: `[${given.join(', ')}]`,
    where: { value: input.name },
    todo: 'Choose a shape that agrees with the model',
  });
}

/** The axis with a name such as `batch`, `batch_size` or `N`; the first where none has one. */
function batchAxis(input: ValueInfo): number {
  const named = (input.shape ?? []).findIndex((d) => typeof d === 'string' && /^(batch.*|.*batch_?size|bs|b|n)$/i.test(d));
  return Math.max(0, named);
}

function resolved(input: ValueInfo, names: ReadonlyMap<string, number>): readonly number[] {
  const extents = extentsOf(input, names);
  if (extents === undefined) throw openShape(input, [], 'has a shape that the file does not say');
  const open = (input.shape ?? []).flatMap((dim, axis) => {
    if (extents[axis] !== 0) return [];
    return [typeof dim === 'string' ? dim : dim === 0 ? `axis ${axis} (0 in the file)` : `axis ${axis}`];
  });
  if (open.length === 0) return extents;
  throw openShape(input, extents, `leaves ${open.length === 1 ? 'an extent' : 'extents'} open: ${open.join(', ')}`);
}

/** 0 where an extent stays open; undefined where the file says no shape. */
function extentsOf(input: ValueInfo, names: ReadonlyMap<string, number>): readonly number[] | undefined {
  const batch = batchAxis(input);
  return input.shape?.map((dim, axis) => {
    // 0 is how some exporters write "unknown"
    if (typeof dim === 'number' && dim > 0) return dim;
    const named = typeof dim === 'string' ? names.get(dim) : undefined;
    return named ?? (axis === batch ? 1 : 0);
  });
}

function openShape(input: ValueInfo, extents: readonly number[], what: string): StudioError {
  const guess = extents.map((d, axis) => (d > 0 ? d : extents.length === 4 && axis > 0 ? 224 : 64));
  const example = guess.length === 0 ? '1x3x224x224' : guess.join('x');
  return new StudioError({
    code: 'dynamic-shape',
    what: `Input ${input.name} ${what}`,
    got: shapeText(input.shape),
    where: { value: input.name },
    todo: `Choose its shape, for example --shape ${input.name}=${example}`,
  });
}

function shapeText(shape: readonly Dim[] | undefined): string {
  return shape === undefined ? 'an unknown shape' : `[${shape.map((d) => d ?? '?').join(', ')}]`;
}
