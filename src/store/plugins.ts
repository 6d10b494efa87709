/** What of the plugins slice several places read, and what is done with lists of files. Pure. */
import type { PluginReport } from '../core/plugin/open-plugins';
import type { PluginFile, PluginsSlice } from './plugins-slice';

/** How a plugin stands: not looked at (with this text), in use, refused by the battery, or not even readable. */
export type Standing = 'unchecked' | 'ready' | 'fails' | 'broken';

export function reportFor(plugins: PluginsSlice, { id, file, source }: PluginFile): PluginReport | undefined {
  const checked = plugins.checked[id];
  return checked?.source === source && checked.file === file ? checked.report : undefined;
}

export function standingOf(plugins: PluginsSlice, file: PluginFile): Standing {
  const report = reportFor(plugins, file);
  if (report === undefined) return 'unchecked';
  if (report.ok) return 'ready';
  return report.error === undefined ? 'fails' : 'broken';
}

export const selectedFile = (p: PluginsSlice): PluginFile | undefined => p.files.find((f) => f.id === p.selected) ?? p.files[0];

export const isPluginName = (name: string): boolean => /\.[cm]?[jt]s$/i.test(name) && !/\.d\.[cm]?ts$/i.test(name);

/** `sawb.ts`, or `sawb-2.ts` where that is taken. */
export function freeName(files: readonly { readonly file: string }[], wanted: string): string {
  const [, stem = wanted, ending = ''] = /^(.*?)(\.[^.]*)?$/.exec(wanted) ?? [];
  const base = stem.replace(/-\d+$/, '');
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${base}-${n}${ending}`;
    if (!files.some((f) => f.file === name)) return name;
  }
}

/** One word on how it stands; what is wrong first. */
export function verdictText(report: PluginReport): string {
  if (report.error !== undefined) return report.error;
  const broken = report.entries.flatMap((e) => e.laws.filter((l) => !l.ok));
  if (broken.length > 0) return `${broken.length} ${broken.length === 1 ? 'law is' : 'laws are'} broken`;
  return 'All laws hold';
}

/** The line that an error names. */
export function lineOf(error: string | undefined): number | undefined {
  const text = error === undefined ? undefined : /\bline (\d+)\b/.exec(error)?.[1];
  return text === undefined ? undefined : Number(text);
}
