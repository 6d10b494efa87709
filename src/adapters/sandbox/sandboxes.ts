/** The plugins that an engine has now, each in a sandbox of its own; those of the list before end when another comes. */
import type { PluginSource, RemotePlugin } from '../../core/index';
import type { Door } from './door';
import { sandboxedPlugin, type SandboxedPlugin } from './plugin';

export function createSandboxes(door: Promise<Door>): (sources: readonly PluginSource[], signal?: AbortSignal) => readonly RemotePlugin[] {
  const runtime = (): Promise<string> => import('virtual:plugin-runtime').then((m) => m.runtimeText);
  let open: readonly SandboxedPlugin[] = [];
  return (sources, signal) => {
    const before = open;
    // one that was stopped gets another try, one that works goes on: a conversion may need it
    open = sources.map(
      (s) => before.find((p) => p.isUsable && p.file === s.file && p.source === s.source) ?? sandboxedPlugin(s, door, runtime),
    );
    for (const p of before) if (!open.includes(p)) p.close();
    const mine = open;
    signal?.addEventListener('abort', () => mine.forEach((p) => p.close()), { once: true });
    return open;
  };
}
