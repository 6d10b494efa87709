/**
 * Remote plugins across the border of the engine's worker: each is a MessagePort with its file's name and text. The page's end
 * calls the plugin (in its sandbox), the worker's end is a `RemotePlugin` again. Law: ports are as many as plugins, each used once.
 */
import { expose, transfer, wrap } from 'comlink';
import { StudioError, type PluginDescription, type RemotePlugin } from '../../core/index';

/** What crosses. */
export interface PluginPort {
  readonly file: string;
  readonly source: string;
  readonly port: MessagePort;
}

type Answer = { readonly value: unknown } | { readonly error: string };

interface Calls {
  describe(): Promise<Answer>;
  call(path: string, args: readonly unknown[]): Promise<Answer>;
}

/** The arguments of `setPlugins` for the worker; the ports go with them. */
export function sentPlugins(plugins: readonly RemotePlugin[]): [readonly PluginPort[]] {
  const ports = plugins.map((plugin): PluginPort => {
    const { port1, port2 } = new MessageChannel();
    const calls: Calls = {
      describe: () => answered(() => plugin.describe()),
      call: (path, args) => answered(() => plugin.call(path, args)),
    };
    expose(calls, port1);
    return { file: plugin.file, source: plugin.source, port: port2 };
  });
  return transfer(
    [ports],
    ports.map((p) => p.port),
  );
}

/** Errors lose their class where they are cloned. */
async function answered(work: () => Promise<unknown>): Promise<Answer> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

export function receivedPlugins(ports: readonly PluginPort[]): RemotePlugin[] {
  return ports.map(({ file, source, port }): RemotePlugin => {
    const calls = wrap<Calls>(port);
    const valueOf = (answer: Answer): unknown => {
      if ('value' in answer) return answer.value;
      throw new StudioError({ code: 'bad-plugin', what: answer.error, where: { file } });
    };
    return {
      file,
      source,
      describe: async () => valueOf(await calls.describe()) as PluginDescription, // readPlugin checks it
      call: async (path, args) => valueOf(await calls.call(path, args)),
    };
  });
}
