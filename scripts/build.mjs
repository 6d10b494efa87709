/** Builds the page into dist/ when there is none or when a source is newer. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { binary, root } from './ensure.mjs';

const sources = ['src', 'workers', 'public', 'index.html', 'vite.config.ts', 'package-lock.json'];

/**
 * @param {string} path a file or a folder
 * @returns {number} the newest modification time below it, ms
 */
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), stat.mtimeMs);
}

export function isStale() {
  const built = join(root, 'dist/index.html');
  if (!existsSync(built)) return true;
  const builtAt = statSync(built).mtimeMs;
  return sources.some((path) => newest(join(root, path)) > builtAt);
}

/** @returns {boolean} whether the build succeeded */
export function build() {
  return spawnSync(process.execPath, [binary('vite'), 'build'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}
