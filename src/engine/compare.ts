/**
 * Outputs of layers along the float, the fake-quantized and the integer path of one sample, and those of the run before, as real
 * numbers. The fake path runs once in the float runtime for a conversion, when it is first asked for. Changes no state.
 */
import { compareValues, dequantizeAffine, differenceOfValues, histogramsOf, StudioError, throwIfCancelled } from '../core/index';
import type { QuantInfo } from '../core/ir/integer-model';
import type { ValueName } from '../core/ir/model';
import type { ComparedLayer, ComparedPath, LayerComparison, RealWindow, RunInfo } from './compare-api';
import { floatRunner } from './float-run';
import type { JobContext } from './job';
import { windowPlace } from './layer-tensors';
import type { EnginePorts } from './ports';
import type { Converted, FloatRun } from './state';

export interface Compared {
  readonly now: Converted;
  readonly before: Converted | undefined;
  readonly floatRun: FloatRun | undefined;
  readonly ports: Pick<EnginePorts, 'runner'>;
}

interface Values {
  readonly data: ArrayLike<number>;
  /** undefined: real numbers of no grid. */
  readonly quant: QuantInfo | undefined;
}

type Reader = (layer: string) => Values | undefined;

export const runInfo = ({ summary, sampleIndex }: Converted): RunInfo => ({
  recipeHash: summary.recipeHash,
  weightBytes: summary.weightBytes,
  logitsSqnrDb: summary.logitsSqnrDb,
  sampleIndex,
});

export async function compareAll(on: Compared, a: ComparedPath, b: ComparedPath, ctx: JobContext): Promise<ComparedLayer[]> {
  const [left, right] = [await readerOf(on, a), await readerOf(on, b)];
  const { ops } = on.now.integer;
  const made: ComparedLayer[] = [];
  for (const [done, op] of ops.entries()) {
    const [x, y] = [left(op.name), right(op.name)];
    if (x && y && x.data.length === y.data.length)
      made.push({ id: op.name, kind: op.kind, ...compareValues(x.data, y.data, stepOf(x, y)) });
    ctx.progress({ stage: 'compare', done: done + 1, total: ops.length });
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  return made;
}

export async function compareOne(on: Compared, layer: string, a: ComparedPath, b: ComparedPath): Promise<LayerComparison> {
  const [x, y] = [await valuesOf(on, layer, a), await valuesOf(on, layer, b)];
  sameLength(x, y, layer);
  const histograms = histogramsOf(x.data, y.data);
  const { lo, hi } = histograms.a;
  return {
    ...compareValues(x.data, y.data, stepOf(x, y)),
    shape: shapeOf(on, layer),
    step: stepOf(x, y),
    histograms,
    lo,
    hi,
    far: histograms.difference.hi,
  };
}

export async function compareCut(
  on: Compared,
  layer: string,
  paths: readonly ComparedPath[],
  index: readonly number[],
  window: { readonly row: number; readonly rows: number; readonly column: number; readonly columns: number },
): Promise<RealWindow> {
  const [a, b] = paths;
  if (a === undefined || paths.length > 2)
    throw new StudioError({ code: 'bad-usage', what: 'One path or two are compared', got: String(paths.length) });
  const x = await valuesOf(on, layer, a);
  const y = b === undefined ? undefined : await valuesOf(on, layer, b);
  if (y) sameLength(x, y, layer);
  const data = y ? differenceOfValues(x.data, y.data) : x.data;
  const place = windowPlace(shapeOf(on, layer), index, window);
  const values = new Float32Array(place.rows * place.columns);
  for (let r = 0; r < place.rows; r++) {
    for (let c = 0; c < place.columns; c++) values[r * place.columns + c] = data[place.first + r * place.width + c] as number;
  }
  return { rows: place.rows, columns: place.columns, values };
}

async function valuesOf(on: Compared, layer: string, path: ComparedPath): Promise<Values> {
  const found = (await readerOf(on, path))(layer);
  if (found) return found;
  throw new StudioError({
    code: 'not-ready',
    what: 'The layer has no output on this path',
    expected: 'a layer that computes integers, in both runs',
    got: path,
    where: { node: layer },
  });
}

async function readerOf(on: Compared, path: ComparedPath): Promise<Reader> {
  switch (path) {
    case 'float':
      return floatReader(on.now, on.floatRun?.values ?? new Map());
    case 'fake':
      return floatReader(on.now, await fakeValues(on));
    case 'integer':
      return integerReader(on.now);
    case 'before':
      return integerReader(runBefore(on));
    default:
      return path satisfies never;
  }
}

/** Throws where there is none, or it ran on another sample. */
function runBefore({ now, before }: Compared): Converted {
  if (!before) {
    throw new StudioError({
      code: 'not-ready',
      what: 'There is no run to compare with',
      todo: 'Change the recipe and convert again: the conversion before stays as run A.',
    });
  }
  const same = [...now.sample.inputs].every(([name, { data }]) => {
    const other = before.sample.inputs.get(name)?.data;
    return other?.length === data.length && data.every((v: number | bigint, i: number) => v === other[i]);
  });
  if (same) return before;
  throw new StudioError({
    code: 'bad-usage',
    what: 'The run before was made on another sample',
    expected: `sample ${now.sampleIndex}`,
    got: `sample ${before.sampleIndex}`,
    todo: 'Convert twice on the same sample.',
  });
}

function integerReader({ integer, tensors }: Converted): Reader {
  const outputs = new Map(integer.ops.map((op) => [op.name, op.output]));
  return (layer) => {
    const name = outputs.get(layer);
    const t = name === undefined ? undefined : tensors.get(name);
    const quant = name === undefined ? undefined : integer.values.get(name)?.quant;
    return t && quant && !(t.data instanceof BigInt64Array) ? { data: dequantizeAffine(t.data, quant, t.shape), quant } : undefined;
  };
}

function floatReader({ integer }: Converted, values: ReadonlyMap<string, Float32Array>): Reader {
  const outputs = new Map(integer.ops.map((op) => [op.name, op.output]));
  return (layer) => {
    const data = values.get(outputs.get(layer) ?? '');
    return data && { data, quant: undefined };
  };
}

const fakes = new WeakMap<Converted, Promise<ReadonlyMap<string, Float32Array>>>();

/** All values of the fake-quantized model on the converted sample; a try that failed is made again. */
function fakeValues({ now, ports }: Compared): Promise<ReadonlyMap<string, Float32Array>> {
  const known = fakes.get(now);
  if (known) return known;
  const made = runFake(now, ports).catch((error: unknown) => {
    fakes.delete(now);
    throw error;
  });
  fakes.set(now, made);
  return made;
}

async function runFake(
  { canonical, plan, recipe, integer, sample }: Converted,
  ports: Compared['ports'],
): Promise<ReadonlyMap<string, Float32Array>> {
  const known = new Set<string>(canonical.model.graph.nodes.flatMap((n) => n.outputs));
  const wanted = integer.ops.map((op) => op.output).filter((name) => known.has(name)) as ValueName[]; // names of the graph, as just checked
  const session = await floatRunner(ports.runner, undefined).openFake(canonical, plan, recipe, wanted);
  try {
    return (await session.run(sample)).values;
  } finally {
    await session.close();
  }
}

function shapeOf({ now: { integer } }: Compared, layer: string): readonly number[] {
  const output = integer.ops.find((op) => op.name === layer)?.output ?? '';
  return integer.values.get(output)?.shape ?? [];
}

/** Of the coarser quantizer of the two; the coarsest channel where it has several scales. */
function stepOf(x: Values, y: Values): number {
  let step = 0;
  for (const q of [x.quant, y.quant]) for (const s of q?.scale ?? []) step = Math.max(step, s);
  return step;
}

function sameLength(x: Values, y: Values, layer: string): void {
  if (x.data.length === y.data.length) return;
  throw new StudioError({ code: 'bad-data', what: 'The runs have tensors of other sizes here', where: { node: layer } });
}
