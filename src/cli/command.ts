/** What a command is: how it is called, its flags, and what it does. One file per command in commands/. */
import type { Registry, RemotePlugin } from '../core/index';
import type { Flags } from './flags';
import type { Terminal } from './terminal';

/** Exit codes: 1 is a check that failed; bad usage and bad input (2) are thrown. */
export type ExitCode = 0 | 1;

/** What `--plugin` named. */
export interface CliPlugins {
  readonly remotes: readonly RemotePlugin[];
  /** Built-in algorithms and theirs, which no battery has seen yet. */
  readonly registry: Registry;
}

export type FlagList = readonly (readonly [flag: string, help: string])[];

export interface CommandSpec {
  /** `verify <bundle>` */
  readonly usage: string;
  readonly about: string;
  /** Some flags come from plugins. */
  readonly flags: FlagList | ((registry: Registry) => FlagList);
  run(args: readonly string[], flags: Flags, terminal: Terminal, plugins: CliPlugins): Promise<ExitCode>;
}

/** A check that the user asked for and that failed: one line, exit code 1. */
export class FailedCheck extends Error {
  override readonly name = 'FailedCheck';
}
