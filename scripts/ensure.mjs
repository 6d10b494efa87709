/**
 * Makes sure that what a command needs is installed, and installs it where it is missing: packages by
 * `npm ci`, Chromium, Python with numpy and onnx and the Verilog simulators by apt-get. Messages go to stderr, so that stdout stays the command's.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium } from './chromium.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const python = '/usr/bin/python3';

/**
 * Runs a command with its stdout on our stderr and no stdin.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, string>>} [env] added to the environment
 * @returns {boolean} whether it ended with 0
 */
function quietly(command, args, env = {}) {
  process.stderr.write(`$ ${[command, ...args].join(' ')}\n`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, ...env } });
  return status === 0;
}

/** Throws with a message that says what to do when an installation failed. */
export function ensurePackages() {
  const stamp = join(root, 'node_modules/.package-lock.json');
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs) return;
  if (!quietly('npm', ['ci'], { ONNXRUNTIME_NODE_INSTALL: 'skip' })) {
    throw new Error('npm ci failed: the packages of package-lock.json could not be installed. Check the network and try again.');
  }
}

/** @param {readonly string[]} packages Debian packages */
function aptInstall(packages) {
  const isRoot = process.getuid?.() === 0;
  const [command, ...before] = isRoot ? ['apt-get'] : ['sudo', '-n', 'apt-get'];
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  return (
    quietly(command, [...before, 'update'], env) &&
    quietly(command, [...before, 'install', '-y', '--no-install-recommends', ...packages], env)
  );
}

export function ensureChromium() {
  if (findChromium() !== undefined) return;
  if (process.env['CHROMIUM']) throw new Error(`CHROMIUM is ${process.env['CHROMIUM']}, which cannot be run`);
  if (aptInstall(['chromium']) && findChromium() !== undefined) return;
  throw new Error('No Chromium was found and apt-get could not install it: install it, or set CHROMIUM to the path of one.');
}

/** Debian's Python with numpy, which runs the bundle's verify.py, and with onnx, which reads its models in tests. */
export function ensurePython() {
  const works = () => spawnSync(python, ['-c', 'import numpy, onnx; onnx.load'], { stdio: 'ignore' }).status === 0;
  if (works()) return;
  if (aptInstall(['python3', 'python3-numpy', 'python3-onnx']) && works()) return;
  throw new Error(
    `${python} with numpy and onnx was not found and apt-get could not install it: install python3, python3-numpy and python3-onnx.`,
  );
}

/** Icarus Verilog runs the bundle's test benches, Verilator lints them. */
export function ensureVerilog() {
  const works = () => ['iverilog', 'verilator'].every((tool) => spawnSync('which', [tool], { stdio: 'ignore' }).status === 0);
  if (works()) return;
  if (aptInstall(['iverilog', 'verilator', 'make']) && works()) return;
  throw new Error('iverilog and verilator were not found and apt-get could not install them: install both, and make.');
}

/** A C compiler builds the functions of the exported profile. */
export function ensureCompiler() {
  const works = () => spawnSync('which', ['cc'], { stdio: 'ignore' }).status === 0;
  if (works()) return;
  if (aptInstall(['gcc', 'libc6-dev']) && works()) return;
  throw new Error('cc was not found and apt-get could not install it: install gcc and libc6-dev.');
}

/**
 * @param {string} name
 * @returns {string} the script of a package's command in node_modules
 */
export function binary(name) {
  return join(root, 'node_modules/.bin', name);
}
