/**
 * One call of the command line inside a process: which command, its flags, and what its end means. Exit codes: 0 done, 1 a
 * check failed, 2 bad usage or bad input with one line on stderr, 130 interrupted.
 */
import { cac } from 'cac';
import { tool } from '../adapters/tool';
import { CancelledError, describeError, StudioError } from '../core/index';
import { FailedCheck, type CliPlugins, type CommandSpec } from './command';
import { calibrate } from './commands/calibrate';
import { compare } from './commands/compare';
import { evaluate } from './commands/evaluate';
import { formats } from './commands/formats';
import { inspect } from './commands/inspect';
import { merge } from './commands/merge';
import { plugin } from './commands/plugin';
import { quantize } from './commands/quantize';
import { profiles } from './commands/profiles';
import { recipes } from './commands/recipes';
import { report } from './commands/report';
import { sensitivity } from './commands/sensitivity';
import { trace } from './commands/trace';
import { verify } from './commands/verify';
import { asWritten, badUsage, flagsOf, joinNegativeValues, keepValuesAsWritten } from './flags';
import { loadPlugins, pluginPaths } from './plugins';
import { createTerminal, type OpenTerminal, type Output } from './terminal';

const commands: readonly CommandSpec[] = [
  inspect,
  quantize,
  evaluate,
  recipes,
  verify,
  compare,
  trace,
  report,
  profiles,
  sensitivity,
  calibrate,
  merge,
  formats,
  plugin,
];
const NAME = 'npm run --silent cli --';

export interface Surroundings {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly signal: AbortSignal;
}

export async function runCli(argv: readonly string[], { stdout, stderr, signal }: Surroundings): Promise<number> {
  let terminal: OpenTerminal | undefined;
  const cli = cac(NAME);
  let plugins: CliPlugins;
  try {
    plugins = await loadPlugins(pluginPaths(argv));
  } catch (error) {
    stderr.write(`${messageOf(error)}\n`);
    return 2;
  }
  for (const spec of commands) {
    const command = cli.command(spec.usage, spec.about);
    const flags = typeof spec.flags === 'function' ? spec.flags(plugins.registry) : spec.flags;
    for (const [flag, help] of flags) command.option(flag, help);
    command.action(async (...all: readonly unknown[]) => {
      // cac gives the arguments one by one, variadic ones as a list, and the options last
      const options = all.at(-1) as Readonly<Record<string, unknown>>;
      const args = (all.slice(0, -1).flat() as readonly string[]).map(asWritten);
      terminal = createTerminal(options['json'] === true, signal, stdout, stderr);
      return spec.run(args, flagsOf(options), terminal, plugins);
    });
  }
  cli.option('--json', 'One JSON object on stdout');
  cli.help();
  cli.version(tool.version);
  try {
    const words = keepValuesAsWritten(joinNegativeValues(argv));
    cli.parse(['node', NAME, ...words], { run: false });
    if (cli.options['help'] === true || (cli.options['version'] === true && cli.matchedCommandName === undefined)) return 0;
    if (!cli.matchedCommand) {
      const known = commands.map((c) => c.usage.split(' ')[0]).join(', ');
      const [name] = cli.args;
      throw badUsage(name === undefined ? 'There is no command' : `There is no command ${name}`, {
        expected: known,
        todo: 'Run it with --help.',
      });
    }
    return (await cli.runMatchedCommand()) as number; // what the action above gave
  } catch (error) {
    terminal?.clear();
    stderr.write(`${messageOf(error)}\n`);
    return error instanceof CancelledError ? 130 : error instanceof FailedCheck ? 1 : 2;
  }
}

/** One line, whatever was thrown. */
function messageOf(error: unknown): string {
  const text = error instanceof StudioError ? describeError(error.fields) : error instanceof Error ? said(error) : String(error);
  return text.replaceAll(/\s*\n\s*/g, ' ');
}

function said(error: Error): string {
  if (error instanceof FailedCheck || error instanceof CancelledError) return error.message;
  if (error.name === 'CACError') return `${error.message}. Run the command with --help.`;
  return `Something failed inside the studio, got ${error.message}. Please report it with the model, if you can share it.`;
}
