/**
 * A plugin's file as a `RemotePlugin` in a sandbox of its own, which is opened when it is first asked. A plugin that was stopped stays
 * so: whoever wants another try opens it anew.
 */
import { StudioError, type PluginDescription, type PluginSource, type RemotePlugin } from '../../core/index';
import type { Door } from './door';
import { createHost, type SandboxHost } from './host';
import { scriptOf } from './script-of';
import { workerText } from './worker-text';

export interface SandboxedPlugin extends RemotePlugin {
  /** It was not stopped. */
  readonly isUsable: boolean;
  close(): void;
}

export const LARGEST_SOURCE = 2 ** 20;

/** `runtime`: the text of the program inside, see worker-text.ts. */
export function sandboxedPlugin({ file, source }: PluginSource, door: Promise<Door>, runtime: () => Promise<string>): SandboxedPlugin {
  let opening: Promise<SandboxHost> | undefined;
  let opened: SandboxHost | undefined;
  let names: ReadonlyMap<string, string> = new Map();
  const open = async (): Promise<SandboxHost> => {
    if (source.length > LARGEST_SOURCE)
      throw new StudioError({ code: 'bad-plugin', what: 'The file is too large for a plugin', expected: '1 MB at most', where: { file } });
    const { text, linesBefore } = workerText(await runtime(), await scriptOf(file, source));
    return (opened = createHost((await door).open(text), { file, linesBefore }));
  };
  const host = (): Promise<SandboxHost> => (opening ??= open());
  let over = false;
  return {
    file,
    source,
    get isUsable() {
      return !over && opened?.isClosed !== true;
    },
    async describe() {
      // the form is what readPlugin looks at next
      const h = await host();
      await h.call('ready', [], 'The sandbox');
      const description = (await h.call('describe', [], 'The plugin')) as PluginDescription;
      names = namesOf(description);
      return description;
    },
    call: async (path, args) => (await host()).call(path, args, names.get(path) ?? path),
    close() {
      over = true;
      // also one that is still being opened
      void opening?.then((h) => h.close()).catch(() => undefined);
    },
  };
}

/** `weights.0.fit` as people say it: `sawb.fit`. */
function namesOf({ data, functions }: PluginDescription): Map<string, string> {
  const names = new Map<string, string>();
  if (!Array.isArray(functions)) return names;
  for (const path of functions as readonly unknown[]) {
    if (typeof path !== 'string') continue;
    const [list = '', index = '', ...rest] = path.split('.');
    const entries = (data as Readonly<Record<string, readonly { readonly id?: unknown }[] | undefined>> | undefined)?.[list];
    const id = Array.isArray(entries) ? (entries as readonly { readonly id?: unknown }[])[Number(index)]?.id : undefined;
    if (typeof id === 'string') names.set(path, `${id}.${rest.join('.')}`);
  }
  return names;
}
