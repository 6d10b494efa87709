/**
 * A plugin that runs elsewhere: what its side tells of it, and how the host calls it. The sandbox holds `describePlugin` and
 * `callPlugin` (and a kit of its own), the host `fromRemote`, which gives the same `Plugin` that a local module would be.
 *
 * What a sandbox must keep: `describe` and `call` cross postMessage, so that arguments and answers are structured clones (typed arrays
 * may be transferred); each call is answered or rejected within a deadline of the sandbox's own; calls of one plugin come one after
 * the other. What it need not keep: any sense in the answers. `readPlugin` checks the description, checks.ts every answer,
 * the battery the laws. The kit never crosses: it is the last argument here and is put back there.
 */
import { StudioError } from '../base/errors';
import { kit } from './kit';
import { readPlugin } from './read-plugin';
import type { Plugin } from './sdk';

/** The default export without its functions, which are named by their paths: `weights.0.fit`. */
export interface PluginDescription {
  readonly data: unknown;
  readonly functions: readonly string[];
}

export interface PluginSource {
  /** Name of the file, for messages. */
  readonly file: string;
  /** Its text, whose hash names the plugin in recipes and bundles. */
  readonly source: string;
}

export interface RemotePlugin extends PluginSource {
  describe(): Promise<PluginDescription>;
  call(path: string, args: readonly unknown[]): Promise<unknown>;
}

const DEEPEST = 8;
const LARGEST = 10_000;

/** Runs beside the plugin. Takes own enumerable properties only. Throws `bad-plugin` where the export is too deep or too large. */
export function describePlugin(exported: unknown): PluginDescription {
  const functions: string[] = [];
  let size = 0;
  const walk = (value: unknown, path: string, depth: number): unknown => {
    if (++size > LARGEST || depth > DEEPEST)
      throw new StudioError({ code: 'bad-plugin', what: 'What the file exports is too large for a plugin' });
    if (typeof value === 'function') {
      functions.push(path);
      return null;
    }
    if (typeof value !== 'object' || value === null) return typeof value === 'symbol' ? undefined : value;
    const inner = (key: string | number): string => (path === '' ? `${key}` : `${path}.${key}`);
    if (Array.isArray(value)) return value.map((v, i) => walk(v, inner(i), depth + 1));
    return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, walk(v, inner(key), depth + 1)]));
  };
  return { data: walk(exported, '', 0), functions };
}

/** Runs beside the plugin: the function at the path, with the kit as its last argument. */
export async function callPlugin(exported: unknown, path: string, args: readonly unknown[]): Promise<unknown> {
  let owner: unknown = undefined;
  let found: unknown = exported;
  for (const key of path.split('.')) {
    owner = found;
    found = typeof found === 'object' && found !== null && Object.hasOwn(found, key) ? (found as Record<string, unknown>)[key] : undefined;
  }
  if (typeof found !== 'function') throw new StudioError({ code: 'bad-plugin', what: 'The plugin has no such function', got: path });
  return (found as (...all: unknown[]) => unknown).call(owner, ...args, kit);
}

/** The host's side. Throws `bad-plugin`. */
export async function fromRemote(remote: RemotePlugin): Promise<Plugin> {
  const { data, functions } = await remote.describe();
  const taken = new Set(functions);
  const attach = (value: unknown, path: string): unknown => {
    if (taken.has(path)) return (...args: readonly unknown[]): Promise<unknown> => remote.call(path, args.slice(0, -1));
    if (typeof value !== 'object' || value === null) return value;
    const inner = (key: string): string => (path === '' ? key : `${path}.${key}`);
    if (Array.isArray(value)) return value.map((v, i) => attach(v, inner(String(i))));
    return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, attach(v, inner(key))]));
  };
  return readPlugin(attach(data, ''), remote.file);
}
