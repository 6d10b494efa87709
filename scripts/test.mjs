/**
 * `npm test`: everything that CI runs, in order, each part with a heading. Installs what is missing first.
 * Goes on after a failure; the last line is `N passed, N failed[, N skipped]`, where a static check counts as
 * one and tests are counted by their runners. Ends with 1 if anything failed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary, ensureChromium, ensureCompiler, ensurePackages, ensurePython, ensureVerilog, root } from './ensure.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Count */

const reports = mkdtempSync(join(tmpdir(), 't2c-test-'));
const startedAt = Date.now();

/**
 * @param {string} name command in node_modules/.bin
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, string>>} [env]
 */
function run(name, args, env = {}) {
  const { status } = spawnSync(process.execPath, [binary(name), ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, CI: 'true', ...env },
  });
  return status === 0;
}

/** @param {boolean} ok @returns {Count} */
const one = (ok) => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 });

/**
 * A run that failed without a failed test (a file that does not load, an unhandled error) counts as one failure.
 * @param {boolean} ok @param {() => Count} read @returns {Count}
 */
function counted(ok, read) {
  try {
    const count = read();
    return ok || count.failed > 0 ? count : { ...count, failed: 1 };
  } catch {
    return one(false);
  }
}

/** @param {string} project */
function vitest(project) {
  const file = join(reports, `${project}.json`);
  const ok = run('vitest', ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]);
  return counted(ok, () => {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    return { passed: report.numPassedTests, failed: report.numFailedTests, skipped: report.numPendingTests + report.numTodoTests };
  });
}

function playwright() {
  const file = join(reports, 'e2e.json');
  const ok = run('playwright', ['test', '--reporter=list,json'], { PLAYWRIGHT_JSON_OUTPUT_FILE: file });
  return counted(ok, () => {
    const { expected, unexpected, flaky, skipped } = JSON.parse(readFileSync(file, 'utf8')).stats;
    return { passed: expected, failed: unexpected + flaky, skipped };
  });
}

const parts = [
  ['Format', () => one(run('prettier', ['--check', '.', '--log-level', 'warn']))],
  ['Lint', () => one(run('eslint', ['.', '--max-warnings', '0']))],
  ['Types', () => one(run('tsc', ['-b']))],
  ['Dependency rule', () => one(run('depcruise', ['src', 'workers', '--config', '.dependency-cruiser.cjs']))],
  ['Unit tests in Node', () => vitest('node')],
  ['Core tests in Chromium', () => vitest('browser')],
  ['Build', () => one(run('vite', ['build']))],
  ['Size budget', () => one(run('size-limit', []))],
  ['End to end', playwright],
];

const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
try {
  ensurePackages();
  ensureChromium();
  ensurePython();
  ensureVerilog();
  ensureCompiler();
  for (const [title, part] of parts) {
    process.stdout.write(`\n== ${title}\n`);
    const from = Date.now();
    const count = part();
    total.passed += count.passed;
    total.failed += count.failed;
    total.skipped += count.skipped;
    if (count.failed > 0) failures.push(title);
    const seconds = ((Date.now() - from) / 1000).toFixed(1);
    process.stdout.write(`-- ${title}: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped, ${seconds} s\n`);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  total.failed += 1;
} finally {
  rmSync(reports, { recursive: true, force: true });
}

process.stdout.write(
  `\nTook ${((Date.now() - startedAt) / 1000).toFixed(0)} s.${failures.length > 0 ? ` Failed: ${failures.join(', ')}.` : ''}\n`,
);
process.stdout.write(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}\n`);
process.exit(total.failed > 0 ? 1 : 0);
