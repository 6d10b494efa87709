/** fixtures/models.json read, and how its counts are made: files, weights of skeletons, made-up ranges, the integer model. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import onnxProto from 'onnx-proto';
import { quietContext } from '../base/context';
import { observedValues } from '../calibrate/observed-values';
import type { CanonicalModel } from '../ir/model';
import { sizeOf } from '../ir/tensor';
import type { ChosenShapes } from '../passes/static-shapes';
import { defaultRecipe } from '../recipe/recipe';
import { calibrationOf } from './canonical.fixture';
import { lower } from './lower';
import { planQuantization } from './make-plan';

export type Counts = Readonly<Record<string, number>>;

export interface ListedModel {
  /** Below the repository's folder. */
  readonly file: string;
  readonly producer: string;
  /** Lies beside the repository, where that is checked out with its neighbours. */
  readonly outside?: boolean;
  /** A graph without its weights. */
  readonly fill?: boolean;
  /** Extents that the model leaves open. */
  readonly shapes?: ChosenShapes;
  /** Operators of the file. */
  readonly ops?: Counts;
  /** Ops of the integer model. */
  readonly integer?: Counts;
  readonly islands?: number;
  readonly error?: string;
  readonly mentions?: string;
}

export const root = join(import.meta.dirname, '../../..');

export function listedModels(): readonly ListedModel[] {
  // our own file
  return (JSON.parse(readFileSync(join(root, 'fixtures/models.json'), 'utf8')) as { readonly models: readonly ListedModel[] }).models;
}

export function bytesOfEntry({ file, fill }: Pick<ListedModel, 'file' | 'fill'>): Uint8Array {
  const bytes = new Uint8Array(readFileSync(join(root, file)));
  return fill === true ? filledAlike(bytes) : bytes;
}

/** A skeleton with weights that are all alike. (No 0 and no 1: those are no-ops.) */
function filledAlike(bytes: Uint8Array): Uint8Array {
  const { onnx } = onnxProto;
  const model = onnx.ModelProto.decode(bytes);
  const attributes = (model.graph?.node ?? []).flatMap((n) => n.attribute ?? []).flatMap((a) => (a.t ? [a.t] : []));
  for (const tensor of [...(model.graph?.initializer ?? []), ...attributes]) {
    if (!tensor.docString?.startsWith('fill:normal')) continue;
    tensor.rawData = new Uint8Array(new Float32Array(sizeOf((tensor.dims ?? []).map(Number))).fill(0.0625).buffer);
  }
  return onnx.ModelProto.encode(model).finish();
}

export function operatorCounts(nodes: readonly { readonly op: string }[]): Counts {
  return counted(nodes.map((n) => n.op));
}

function counted(names: readonly string[]): Counts {
  const counts = new Map<string, number>();
  for (const name of [...names].sort()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(counts);
}

/** The ops of the integer model by kind, and what would run in float, with the reasons. */
export async function integerCounts(c: CanonicalModel): Promise<{ readonly integer: Counts; readonly islands: readonly string[] }> {
  const ranges = observedValues(c).map((name) => [name, [-4, 4]] as const);
  const ctx = quietContext();
  const plan = await planQuantization(c, calibrationOf(Object.fromEntries(ranges)), defaultRecipe, ctx);
  const { ops, islands } = lower(c, plan, defaultRecipe, ctx);
  return { integer: counted(ops.map((op) => op.kind)), islands: islands.map((i) => `${c.stems.get(i.source.id) ?? i.node}: ${i.reason}`) };
}
