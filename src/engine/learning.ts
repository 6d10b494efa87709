/**
 * What the engine knows of learning that was begun: in memory while the model is open, and in the port's store beyond that.
 * Both belong to one model, calibration, set of samples, recipe and provider; anything else starts anew. Law: with what is
 * known and without it a conversion gives the same bytes. A store that fails costs a warning, never the conversion.
 */
import {
  digestOfDigests,
  learnedFileHead,
  learns,
  readLearned,
  recipeHash,
  sampleDigest,
  sha256Hex,
  takeLearned,
  throwIfCancelled,
  utf8Encode,
  writeCalibration,
  writeLearned,
  type Context,
} from '../core/index';
import type { CalibrationShard, SampleSource } from '../core/calibrate/types';
import type { Finished, LearnedRecord } from '../core/prepare/types';
import type { LearnedSoFar } from './api';
import type { EnginePorts, LearnedStore } from './ports';
import type { Learning, LearningInput } from './state';

type Ports = Pick<EnginePorts, 'learned' | 'sha256' | 'tool'>;

/** What is known already if nothing that it depends on has changed, else what the store has. */
export async function openLearning(known: Learning | undefined, of: LearningInput, ports: Ports, ctx: Context): Promise<Learning> {
  if (known && isSame(known.of, of)) return known;
  const learning: Learning = { of, finished: { weights: new Map(), steps: new Map(), blocks: new Map() }, counts: new Map() };
  if (!ports.learned || !learns(of.recipe, of.quantizers)) return learning;
  const key = await keyOf(of, ports, ctx);
  const file = await readStore(ports.learned, key);
  takeLearned(file?.records ?? [], learning.finished);
  for (const { kind, count } of file?.records ?? []) learning.counts.set(kind, count);
  return learning;
}

/** `learning` for `prepare`: what is learned goes into the store as well. */
export function keptIn(learning: Learning, ports: Ports, ctx: Context): Finished {
  const { of, finished, counts } = learning;
  const { learned } = ports;
  let begun: Promise<string> | undefined;
  const keep = async (record: LearnedRecord): Promise<void> => {
    counts.set(record.kind, record.count);
    if (!learned) return;
    try {
      begun ??= begin(learned, await keyOf(of, ports, ctx));
      await learned.append(await begun, writeLearned(record));
    } catch (cause) {
      if (ctx.signal.aborted) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      const code = 'learned-not-kept';
      if (!told) ctx.warn({ code, message: `Layers that were learned are not kept for a later start: ${why}` });
      told = true;
    }
  };
  let told = false;
  return { ...finished, keep };
}

export function soFar(learning: Learning): LearnedSoFar | undefined {
  const parts = (['steps', 'blocks', 'weights'] as const).flatMap((kind) => {
    const count = learning.counts.get(kind);
    return count === undefined ? [] : [{ kind, done: learning.finished[kind].size, count }];
  });
  return parts.length === 0 ? undefined : { parts };
}

export async function forgetLearning(of: LearningInput, ports: Ports, ctx: Context): Promise<void> {
  if (ports.learned) await ports.learned.remove(await keyOf(of, ports, ctx));
}

function isSame(a: LearningInput, b: LearningInput): boolean {
  return (
    a.model === b.model &&
    a.calibration === b.calibration &&
    a.source === b.source &&
    a.provider === b.provider &&
    pluginsOf(a) === pluginsOf(b) &&
    recipeHash(a.recipe) === recipeHash(b.recipe)
  );
}

/** A file that ends with a whole record, or only its head. */
async function begin(store: LearnedStore, key: string): Promise<string> {
  const bytes = await store.read(key);
  const file = bytes && readLearned(bytes);
  if (bytes && file?.key === key && file.end === bytes.length) return key;
  await store.remove(key);
  await store.append(key, bytes && file?.key === key ? bytes.slice(0, file.end) : learnedFileHead(key));
  return key;
}

async function readStore(store: LearnedStore, key: string): Promise<ReturnType<typeof readLearned>> {
  const bytes = await store.read(key);
  const file = bytes && readLearned(bytes);
  return file?.key === key ? file : undefined;
}

/** The sources of the plugins that the recipe uses. */
function pluginsOf({ recipe, quantizers: { plugins = [] } }: LearningInput): string {
  const uses = (target: 'weights' | 'activations', ids: readonly string[]): boolean =>
    [recipe[target].algorithm, ...recipe.layers.flatMap((l) => l[target] ?? [])].some((id) => ids.includes(id));
  return plugins
    .filter(
      (p) =>
        (recipe.pruning !== undefined && p.pruning?.includes(recipe.pruning.criterion) === true) ||
        uses('weights', p.weights) ||
        uses('activations', p.activations),
    )
    .map((p) => p.sha256)
    .join();
}

async function keyOf(of: LearningInput, { sha256, tool }: Ports, ctx: Context): Promise<string> {
  const { model, calibration, source, recipe, provider } = of;
  const digest = async (bytes: Uint8Array): Promise<string> => (sha256 ? sha256(bytes) : sha256Hex(bytes));
  const parts = [
    tool.version,
    model.identity,
    model.inputs.map(({ name, shape }) => [name, shape]),
    await digest(writeCalibration({ ...calibration, wallMs: 0 })),
    await digestOf(source, Math.min(calibration.samples, source.info.samples), ctx),
    recipeHash(recipe),
    provider,
    ...(pluginsOf(of) === '' ? [] : [pluginsOf(of)]),
  ];
  return digest(utf8Encode(JSON.stringify(parts)));
}

const digests = new WeakMap<SampleSource, { readonly samples: number; readonly digest: string }>();

/** What a calibration has seen anyway. */
export function noteDigest(source: SampleSource, { samples, sha256, first }: CalibrationShard): void {
  if (first === 0) digests.set(source, { samples, digest: sha256 });
}

async function digestOf(source: SampleSource, samples: number, ctx: Context): Promise<string> {
  const known = digests.get(source);
  if (known?.samples === samples) return known.digest;
  const all: string[] = [];
  for (let i = 0; i < samples; i++) {
    all.push(sampleDigest(await source.sample(i)));
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  const digest = digestOfDigests(all);
  digests.set(source, { samples, digest });
  return digest;
}
