/**
 * `--plugin FILE`, which may be given more than once: read before the command line is parsed, as a plugin's options are flags. The
 * files run as ordinary code with all rights of this process.
 */
import { quietContext, openPlugins, StudioError, type RemotePlugin } from '../core/index';
import type { PluginReport } from '../core/plugin/open-plugins';
import type { Law } from '../core/plugin/battery-laws';
import { pluginFile } from '../adapters/node/plugin-file';
import type { EngineApi } from '../engine/api';
import { FailedCheck, type CliPlugins } from './command';
import { badUsage } from './flags';
import type { Terminal } from './terminal';

export const pluginFlags = [
  ['--plugin <file>', 'A .ts or .js file with algorithms of your own; may be repeated. It runs as ordinary code: with all your rights'],
] as const;

/** Paths after `--plugin`, as they stand. */
export function pluginPaths(argv: readonly string[]): string[] {
  return argv.flatMap((arg, i) => {
    if (arg.startsWith('--plugin=')) return [arg.slice('--plugin='.length)];
    if (arg !== '--plugin') return [];
    const path = argv[i + 1];
    if (path === undefined || path.startsWith('--')) throw badUsage('--plugin has no value', { expected: 'a .ts or .js file' });
    return [path];
  });
}

/** Throws `bad-plugin`. */
export async function loadPlugins(paths: readonly string[]): Promise<CliPlugins> {
  const remotes: RemotePlugin[] = [];
  for (const path of paths) remotes.push(await pluginFile(path));
  const { registry, reports } = await openPlugins(remotes, { check: false }, quietContext());
  const bad = reports.find((r) => r.error !== undefined);
  if (bad) throw new StudioError({ code: 'bad-plugin', what: bad.error ?? '' });
  return { remotes, registry };
}

/** Puts the plugins to the battery and into the engine. Throws `FailedCheck`, naming the first law that is broken. */
export async function usePlugins(engine: Pick<EngineApi, 'setPlugins'>, { remotes }: CliPlugins, terminal: Terminal): Promise<void> {
  if (remotes.length === 0) return;
  for (const report of await engine.setPlugins(remotes, terminal.job())) {
    if (report.ok) continue;
    throw new FailedCheck(`${report.file}: ${report.error ?? firstFault(report)}. Run \`plugin check ${report.file}\` for all of it.`);
  }
}

function firstFault({ entries }: PluginReport): string {
  for (const { id, laws } of entries) {
    const law = laws.find((l) => !l.ok);
    if (law) return `${id} breaks the law "${law.title}": ${law.counterexample?.text ?? `${law.broken} of ${law.cases} cases`}`;
  }
  return 'it fails';
}

/** The battery's results as lines for people. */
export function batteryLines(report: PluginReport): string[] {
  const head = `${report.file}: ${report.name}${report.about === '' ? '' : `, ${report.about}`}`;
  if (report.error !== undefined) return [`${report.file}: ${report.error}`];
  return [
    head,
    ...report.entries.flatMap(({ target, id, ok, laws }) => [
      `${ok ? 'ok  ' : 'FAIL'} ${target} ${id}`,
      ...laws.flatMap((l) => (l.ok ? [`     ok   ${l.title} (${l.cases} cases)`] : faultLines(l))),
    ]),
  ];
}

function faultLines({
  title,
  broken,
  cases,
  counterexample,
}: PluginReport['entries'][number]['laws'][number] & { readonly law: Law }): string[] {
  const lines = [`     FAIL ${title}: ${broken} of ${cases} cases`];
  if (!counterexample) return lines;
  const { text, tensor, shape, values, fitted, bits, symmetric, options } = counterexample;
  const list = (v: readonly number[]): string => `[${v.slice(0, 12).join(', ')}${v.length > 12 ? ', ...' : ''}]`;
  lines.push(`          ${text}`);
  lines.push(
    `          from "${tensor}", ${bits} bits${symmetric ? ', symmetric' : ''}, shape [${shape.join(', ')}], values ${list(values)}`,
  );
  if (fitted) lines.push(`          fitted to ${list(fitted)}`);
  if (Object.keys(options).length > 0) lines.push(`          options ${JSON.stringify(options)}`);
  return lines;
}
