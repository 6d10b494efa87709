/**
 * `npm start [-- --port 4173]`: installs what is missing, builds the page if it is not up to date and serves
 * it on localhost with the two headers that give ONNX Runtime its threads. Ends with Ctrl+C.
 */
import { spawn } from 'node:child_process';
import { build, isStale } from './build.mjs';
import { binary, ensurePackages, root } from './ensure.mjs';

const wish = process.argv.indexOf('--port');
const port = wish >= 0 ? Number(process.argv[wish + 1]) : 4173;
if (!Number.isInteger(port) || port < 1 || port > 65535) {
  process.stderr.write('--port takes a number from 1 to 65535\n');
  process.exit(2);
}

try {
  ensurePackages();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
if (isStale() && !build()) process.exit(1);

process.stdout.write(`Torch2Chip Studio: http://localhost:${port}/\n`);
const server = spawn(process.execPath, [binary('vite'), 'preview', '--host', 'localhost', '--port', String(port), '--strictPort'], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));
server.on('exit', (code) => process.exit(code ?? 0));
