/** The texts that make a sandbox: the page's policy names the frame's script, and lines of a plugin stay its lines. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { expect, test } from 'vitest';
import { frameScript, frameScriptHash, frameText } from './frame-text';
import { scriptOf } from './script-of';
import { workerText } from './worker-text';

test('the policies of page and frame name the script of the frame, and nothing looser', () => {
  const hash = createHash('sha256').update(frameScript).digest('base64');
  expect(frameScriptHash).toBe(hash);
  const index = readFileSync(join(import.meta.dirname, '../../../index.html'), 'utf8');
  expect(index).toContain(`script-src 'self' 'wasm-unsafe-eval' 'sha256-${hash}';`);
  expect(frameText).toContain(`default-src 'none'; script-src 'sha256-${hash}'; worker-src blob:"`);
});

test('types go, lines stay', async () => {
  const source = `import type { Plugin } from 'torch2chip';\n\nenum K { A = 1 }\nconst f = (x: number): number => x!;\nexport default {\n  a: f(2) as number,\n} satisfies Plugin;\n`;
  const script = await scriptOf('a.ts', source);
  expect(script.split('\n').length).toBe(source.split('\n').length);
  expect(script.split('\n')[5]).toContain('a: f(2)');
  const exports: Record<string, unknown> = {};
  const { text, linesBefore } = workerText('factory => globalThis.__factory = factory', script);
  expect(text.split('\n')[linesBefore + 5]).toContain('a: f(2)');
  runInThisContext(text);
  const scope = globalThis as { __factory?: (e: object, r: () => void) => void };
  scope.__factory?.(exports, () => undefined);
  delete scope.__factory;
  expect(exports['default']).toEqual({ a: 2 });
});

test('a fault of the syntax is told with its line', async () => {
  await expect(scriptOf('a.ts', 'const a = 1;\nconst b = (;\n')).rejects.toMatchObject({
    fields: { code: 'bad-plugin', where: { file: 'a.ts', line: 2 } },
  });
});
