/**
 * Vite plugin: `virtual:sdk-types` is what the language worker needs to know: the declarations of the SDK, made from its sources, and
 * those of the language, by path. Only what the SDK's types reach is in it.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import ts from 'typescript';
import type { Plugin } from 'vite';

const name = 'virtual:sdk-types';
const entry = 'src/core/plugin/sdk.ts';

export function sdkTypes(root: string): Record<string, string> {
  return { ...declarations(root), ...library('es2023') };
}

/** `/sdk/core/plugin/sdk.d.ts` and what it imports. */
function declarations(root: string): Record<string, string> {
  const program = ts.createProgram([join(root, entry)], {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2023.d.ts'],
    types: [],
    strict: true,
    declaration: true,
    emitDeclarationOnly: true,
    skipLibCheck: true,
    outDir: join(root, 'sdk'),
    rootDir: join(root, 'src'),
  });
  const emitted = new Map<string, string>();
  program.emit(undefined, (path, text) => emitted.set(`/${relative(root, path).split(sep).join('/')}`, text), undefined, true);
  const found: Record<string, string> = {};
  const open = ['/sdk/core/plugin/sdk.d.ts'];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const text = emitted.get(path);
    if (text === undefined || path in found) continue;
    found[path] = text;
    for (const [, to = ''] of text.matchAll(/(?:from |import\()['"](\.[^'"]*)['"]/g))
      open.push(`${posix.join(posix.dirname(path), to)}.d.ts`);
  }
  return found;
}

/** The language's own, as `/lib/lib.es2023.d.ts`. */
function library(version: string): Record<string, string> {
  const folder = dirname(ts.getDefaultLibFilePath({}));
  const found: Record<string, string> = {};
  const open = [version];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const file = `lib.${one}.d.ts`;
    if (`/lib/${file}` in found) continue;
    const text = readFileSync(join(folder, file), 'utf8');
    found[`/lib/${file}`] = text;
    for (const [, to = ''] of text.matchAll(/reference lib="([^"]+)"/g)) open.push(to);
  }
  return found;
}

/** `root`: the folder of src/. */
export function sdkTypesPlugin(root: string): Plugin {
  let made: string | undefined;
  return {
    name: 'sdk-types',
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load: (id) => (id === `\0${name}` ? `export const sdkTypes = ${(made ??= JSON.stringify(sdkTypes(root)))};` : undefined),
  };
}
