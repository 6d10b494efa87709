/**
 * The algorithms that a person brings: their files as they are kept, the texts being written, and what the battery said of each. They
 * belong to no model. Law: a result says of which text it is; another text has none yet.
 */
import type { PluginReport } from '../core/plugin/open-plugins';
import type { LoadProgress } from './loadable';

export interface PluginFile {
  /** Of this list only; the name of a file may change. */
  readonly id: string;
  readonly file: string;
  readonly source: string;
}

export interface CheckedPlugin {
  readonly file: string;
  readonly source: string;
  readonly report: PluginReport;
}

export interface PluginsSlice {
  readonly files: readonly PluginFile[];
  /** By id: texts that are not saved yet. */
  readonly drafts: Readonly<Record<string, string>>;
  /** By id. */
  readonly checked: Readonly<Record<string, CheckedPlugin>>;
  /** While the battery runs. */
  readonly checking: { readonly progress: LoadProgress | undefined } | undefined;
  readonly selected: string | undefined;
}

export const emptyPlugins: PluginsSlice = { files: [], drafts: {}, checked: {}, checking: undefined, selected: undefined };
