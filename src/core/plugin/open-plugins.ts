/**
 * Plugins into a registry, each after the battery has looked at it: one that fails is told of and left out. Throws only
 * `CancelledError`: a plugin that cannot even be read is a report with an error.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { CancelledError } from '../base/errors';
import type { PluginRecord } from '../quant/registry';
import { battery, type EntryReport } from './battery';
import { scoreBattery } from './battery-scores';
import { heldToLaws } from './held';
import { builtInRegistry, pluginRecord, withPlugin, type Registry } from './registry';
import { fromRemote, type RemotePlugin } from './remote';
import type { Plugin } from './sdk';

export interface PluginReport {
  readonly file: string;
  readonly name: string;
  readonly about: string;
  /** undefined: it could not be read. */
  readonly record: PluginRecord | undefined;
  /** Why it could not be read or added. */
  readonly error: string | undefined;
  /** Quantizers and pruning criteria before the battery; empty where it was not asked for. */
  readonly entries: readonly EntryReport[];
  /** It is in the registry. */
  readonly ok: boolean;
}

export interface OpenedPlugins {
  readonly registry: Registry;
  readonly reports: readonly PluginReport[];
}

const SEED = 7;

/** `check`: run the battery, and leave out what fails. */
export async function openPlugins(
  remotes: readonly RemotePlugin[],
  options: { readonly check: boolean },
  ctx: Context,
): Promise<OpenedPlugins> {
  let registry = builtInRegistry;
  const reports: PluginReport[] = [];
  for (const remote of remotes) {
    const none = { file: remote.file, name: remote.file, about: '', record: undefined, entries: [], ok: false };
    try {
      const plugin = await fromRemote(remote);
      const record = pluginRecord(plugin, remote.source);
      const added = withPlugin(registry, plugin, record);
      const entries = options.check ? await entriesOf(plugin, record, added, ctx) : [];
      const ok = entries.every((e) => e.ok);
      if (ok) registry = added;
      reports.push({ file: remote.file, name: plugin.name, about: plugin.about ?? '', record, error: undefined, entries, ok });
    } catch (error) {
      if (error instanceof CancelledError) throw error;
      reports.push({ ...none, error: error instanceof Error ? error.message : String(error) });
    }
    throwIfCancelled(ctx);
  }
  return { registry: options.check ? { ...registry, quantizers: heldToLaws(registry.quantizers) } : registry, reports };
}

async function entriesOf(plugin: Plugin, record: PluginRecord, { quantizers }: Registry, ctx: Context): Promise<EntryReport[]> {
  const learners = new Set((plugin.roundings ?? []).map((r) => r.id));
  const entries: EntryReport[] = [];
  for (const target of ['weights', 'activations'] as const) {
    for (const q of quantizers[target].filter((known) => record[target].includes(known.id)))
      entries.push(await battery(q, { seed: SEED, learns: target === 'weights' && learners.has(q.id) }, ctx));
  }
  for (const criterion of (quantizers.pruning ?? []).filter((known) => record.pruning?.includes(known.id)))
    entries.push(await scoreBattery(criterion, { seed: SEED }, ctx));
  return entries;
}
