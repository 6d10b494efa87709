/** The dependency rule itself: an edge that is not in the table is reported, one that is passes. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Checks a made-up tree; returns the exit status and what was printed. */
function check(files: Readonly<Record<string, string>>): { status: number | null; text: string } {
  const folder = mkdtempSync(join(tmpdir(), 't2c-rule-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const run = spawnSync(
      process.execPath,
      [join(root, 'node_modules/.bin/depcruise'), 'src', '--config', join(root, '.dependency-cruiser.cjs')],
      { cwd: folder, encoding: 'utf8' },
    );
    return { status: run.status, text: run.stdout + run.stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('an edge in the table passes', () => {
  const { status, text } = check({
    'src/core/base/errors.ts': 'export const a = 1;\n',
    'src/core/ir/model.ts': "import { a } from '../base/errors';\nexport const b = a;\n",
  });
  expect(text).toContain('no dependency violations');
  expect(status).toBe(0);
});

test.each([
  ['the core on the page', 'src/core/base/a.ts', '../../ui/b', 'src/ui/b.ts'],
  ['a lower room on a higher one', 'src/core/ir/a.ts', '../ops/b', 'src/core/ops/b.ts'],
  ['the page on an adapter', 'src/ui/a.ts', '../adapters/b', 'src/adapters/b.ts'],
  ['the page on the values of the core', 'src/ui/a.ts', '../core/ir/b', 'src/core/ir/b.ts'],
  ['the engine behind the door of the core', 'src/engine/a.ts', '../core/ir/b', 'src/core/ir/b.ts'],
  ['a room that is not in the table', 'src/elsewhere/a.ts', '../core/ir/b', 'src/core/ir/b.ts'],
])('is caught: %s', (_what, from, specifier, to) => {
  const { status, text } = check({ [from]: `import { b } from '${specifier}';\nexport const a = b;\n`, [to]: 'export const b = 1;\n' });
  expect(text).toContain(`not-in-allowed: ${from}`);
  expect(status).not.toBe(0);
});

test('node: modules and circles are caught in the core', () => {
  const { status, text } = check({
    'src/core/base/a.ts': "import { b } from './b';\nexport const a = (): unknown => b;\n",
    'src/core/base/b.ts': "import { a } from './a';\nimport { cwd } from 'node:process';\nexport const b = (): unknown => [a, cwd];\n",
  });
  expect(text).toContain('no-circular');
  expect(text).toMatch(/not-in-allowed: src\/core\/base\/b\.ts/);
  expect(status).not.toBe(0);
});
