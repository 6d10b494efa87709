/** The command line as a process: its streams, its signals, and how it ends. Law: an output file is whole or not there. */
import { rmSync } from 'node:fs';
import { unfinishedFiles } from '../adapters/node/file-sink';
import { runCli } from './run';

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
process.once('SIGTERM', () => interrupt.abort());
// A reader that went away (`| head`) is no failure of ours.
process.stdout.on('error', () => process.exit(0));
const code = await runCli(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr, signal: interrupt.signal });
for (const path of unfinishedFiles()) rmSync(path, { force: true });
process.exitCode = code;
// ONNX Runtime keeps the process alive: leave when everything is written.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
