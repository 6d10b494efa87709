/**
 * A plugin from a file of this machine: an ordinary module, run with all rights of the process. It goes through the same contract as
 * one in the page's sandbox, so nothing behind it knows the difference; but nothing holds it back either.
 */
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { callPlugin, describePlugin, StudioError, type RemotePlugin } from '../../core/index';

/** Throws `bad-plugin` where the file is missing or does not run. */
export async function pluginFile(path: string): Promise<RemotePlugin> {
  const full = resolve(path);
  const file = basename(path);
  const source = await readFile(full, 'utf8').catch(() => {
    throw new StudioError({ code: 'bad-plugin', what: 'The plugin cannot be read', where: { file: path } });
  });
  const exported = await loaded(full, path);
  return {
    file,
    source,
    describe: async () => describePlugin(exported),
    call: async (name, args) => callPlugin(exported, name, args),
  };
}

async function loaded(full: string, path: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(full).href)) as { readonly default?: unknown };
    // a TypeScript file outside of any package may come as CommonJS, whose exports are the default export
    const own = module.default;
    return typeof own === 'object' && own !== null && 'default' in own ? own.default : own;
  } catch (error) {
    const got = error instanceof Error ? error.message : String(error);
    throw new StudioError({ code: 'bad-plugin', what: 'The plugin does not run', got, where: { file: path } });
  }
}
