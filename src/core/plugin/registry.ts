/**
 * The registry of an engine as a value: the built-in quantizers, formats and profiles, and those of its plugins. Handed on to whoever
 * looks something up; nothing global changes. An entry with the id of a built-in one takes its place.
 */
import { commonProfiles, type Profile } from '../analysis/profiles';
import { StudioError } from '../base/errors';
import { utf8Encode } from '../base/bytes';
import { sha256Hex } from '../base/hash';
import type { Exporter } from '../exporters/exporter';
import { exporters } from '../exporters/registry';
import { builtInQuantizers, type PluginRecord, type Quantizers } from '../quant/registry';
import { pluginExporter } from './exporter';
import { pluginObserver } from './observer';
import { pluginPruning } from './pruning';
import { pluginActivations, pluginWeights } from './quantizers';
import { pluginRounding } from './rounding';
import type { Plugin } from './sdk';

export interface Registry {
  readonly quantizers: Quantizers;
  readonly exporters: readonly Exporter[];
  readonly profiles: readonly Profile[];
}

export const builtInRegistry: Registry = { quantizers: builtInQuantizers, exporters, profiles: commonProfiles };

/** Names the source: a bundle says which text its plugin had. */
export function pluginRecord(plugin: Plugin, source: string): PluginRecord {
  const ids = (list: readonly { readonly id: string }[] | undefined): string[] => (list ?? []).map((e) => e.id);
  return {
    name: plugin.name,
    sha256: sha256Hex(utf8Encode(source)),
    weights: [...ids(plugin.weights), ...ids(plugin.roundings)],
    activations: [...ids(plugin.activations), ...ids(plugin.observers)],
    ...(plugin.pruning ? { pruning: ids(plugin.pruning) } : {}),
  };
}

/** Throws `bad-plugin` where two plugins have an entry with the same id. */
export function withPlugin(registry: Registry, plugin: Plugin, record: PluginRecord): Registry {
  const { quantizers } = registry;
  for (const other of quantizers.plugins ?? []) {
    for (const target of ['weights', 'activations', 'pruning'] as const) {
      const both = record[target]?.find((id) => other[target]?.includes(id));
      if (both === undefined) continue;
      throw new StudioError({
        code: 'bad-plugin',
        what: `Two plugins have ${target === 'pruning' ? 'pruning criteria' : target} with the same id: ${other.name} and ${record.name}`,
        got: both,
      });
    }
  }
  const own = {
    weights: [...(plugin.weights ?? []).map(pluginWeights), ...(plugin.roundings ?? []).map(pluginRounding)],
    activations: [...(plugin.activations ?? []).map(pluginActivations), ...(plugin.observers ?? []).map(pluginObserver)],
  };
  return {
    quantizers: {
      weights: replaced(quantizers.weights, own.weights),
      activations: replaced(quantizers.activations, own.activations),
      pruning: replaced(quantizers.pruning ?? [], (plugin.pruning ?? []).map(pluginPruning)),
      plugins: [...(quantizers.plugins ?? []), record],
    },
    exporters: replaced(registry.exporters, (plugin.exporters ?? []).map(pluginExporter)),
    profiles: replaced(registry.profiles, plugin.profiles ?? []),
  };
}

function replaced<T extends { readonly id: string }>(list: readonly T[], own: readonly T[]): T[] {
  const kept = list.map((e) => own.find((o) => o.id === e.id) ?? e);
  return [...kept, ...own.filter((o) => list.every((e) => e.id !== o.id))];
}
