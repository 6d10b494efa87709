/**
 * The list of kept visits: one for each model that was opened, newest first. Here is what is known of each and where its
 * parts lie; keep.ts writes them. Law: a visit that is on the list is whole; what is on no list is removed.
 */
import * as v from 'valibot';
import { services } from './services';

export type Made = 'opened' | 'calibrated' | 'converted';

export interface Visit {
  readonly id: string;
  /** Of the model. */
  readonly name: string;
  /** SHA-256 over everything that was opened. */
  readonly identity: string;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
  /** How far it came. */
  readonly made: Made;
}

/** The oldest go when there are more. */
export const mostVisits = 12;

const listKey = 'visits';
const currentKey = 'current';

const visit = v.object({
  id: v.string(),
  name: v.string(),
  identity: v.string(),
  usedAt: v.number(),
  made: v.fallback(v.picklist(['opened', 'calibrated', 'converted']), 'opened'),
});

/** Entries that cannot be read are left out. */
function parseVisits(stored: unknown): readonly Visit[] {
  if (!Array.isArray(stored)) return [];
  return stored.flatMap((entry: unknown) => {
    const parsed = v.safeParse(visit, entry);
    return parsed.success ? [parsed.output] : [];
  });
}

/** A part of a visit as a slot or key. The first releases kept one visit, without an id: theirs is the empty one. */
export const partOf = (id: string, part: string): string => (id === '' ? part : `${id}.${part}`);

export const fileParts = ['model', 'calibration', 'evaluation'] as const;
const metaParts = [
  'model',
  'session',
  'calibration',
  'calibration-synthetic',
  'calibration-preprocessing',
  'evaluation-preprocessing',
  'comparison',
  'results',
] as const;

export async function readVisits(): Promise<readonly Visit[]> {
  return parseVisits(await services().storage.readMeta(listKey));
}

/** Two tabs may change the list at once: it is read and written in one step. */
export async function changeVisits(change: (visits: readonly Visit[]) => readonly Visit[]): Promise<void> {
  await services().storage.updateMeta(listKey, (stored) => change(parseVisits(stored)));
}

export async function patchVisit(id: string, patch: Partial<Visit>): Promise<void> {
  await changeVisits((all) => all.map((one) => (one.id === id ? { ...one, ...patch } : one)));
}

/** Which one the next start brings back. */
export const writeCurrent = (id: string | undefined): Promise<void> =>
  id === undefined ? services().storage.removeMeta(currentKey) : services().storage.writeMeta(currentKey, id);

export async function readCurrent(): Promise<string | undefined> {
  const stored = await services().storage.readMeta(currentKey);
  return typeof stored === 'string' ? stored : undefined;
}

/** Removes all parts, listed or not. */
export async function removeVisit(id: string): Promise<void> {
  const { storage } = services();
  await changeVisits((all) => all.filter((one) => one.id !== id));
  for (const part of fileParts) await storage.removeFiles(partOf(id, part));
  for (const part of metaParts) await storage.removeMeta(partOf(id, part));
}

/** What the first releases kept becomes the first visit of the list. */
export async function adoptOldVisit(): Promise<void> {
  const { storage } = services();
  if ((await storage.readMeta(listKey)) !== undefined || (await storage.readFiles(partOf('', 'model'))) === undefined) return;
  const [file] = (await storage.readFiles('model')) ?? [];
  await changeVisits(() => [{ id: '', name: (file?.name ?? 'model').replace(/\.onnx$/i, ''), identity: '', usedAt: 0, made: 'opened' }]);
  await writeCurrent('');
}

/** Those that a newer visit of the same model stands for: nothing was made in them. And those that are too many. */
export function outlived(visits: readonly Visit[], newest: Visit): readonly Visit[] {
  const others = visits.filter((one) => one.id !== newest.id);
  const replaced = others.filter((one) => one.identity === newest.identity && one.made === 'opened');
  const rest = others.filter((one) => !replaced.includes(one)).sort((a, b) => b.usedAt - a.usedAt);
  return [...replaced, ...rest.slice(mostVisits - 1)];
}

/** Bytes of the files of a visit and of its statistics. */
export async function visitBytes(id: string): Promise<number> {
  const { storage } = services();
  let bytes = 0;
  for (const part of fileParts) {
    for (const { data } of (await storage.readFiles(partOf(id, part))) ?? []) bytes += data instanceof Blob ? data.size : data.length;
  }
  const statistics = await storage.readMeta(partOf(id, 'calibration'));
  return bytes + (statistics instanceof Uint8Array ? statistics.length : 0);
}
