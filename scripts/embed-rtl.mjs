// Writes src/core/exporters/rtl/sources.ts from the .sv files beside it: the core reads no files, so it carries their text.
// Run after every change of them; a test compares the two.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../src/core/exporters/rtl/', import.meta.url);
const entries = ['dut', 'tb'].flatMap((part) =>
  readdirSync(new URL(`sv/${part}/`, folder))
    .filter((name) => name.endsWith('.sv'))
    .sort()
    .map((name) => {
      const text = readFileSync(new URL(`sv/${part}/${name}`, folder), 'utf8');
      if (/[`]|\$\{/.test(text)) throw new Error(`${name} must not hold a backtick or \${`);
      return `  '${part}/${name}': String.raw\`${text}\`,\n`;
    }),
);
const head = `/** The SystemVerilog beside this file, by path below sv/, made by scripts/embed-rtl.mjs: do not edit. */\n`;
const body = `export const rtlSources: Readonly<Record<string, string>> = {\n${entries.join('')}};\n`;
writeFileSync(new URL('sources.ts', folder), head + body);
