// Writes src/core/exporters/verify-py.ts from verify.py: the core reads no files, so it carries the text.
// Run after every change of verify.py; a test compares the two.
import { readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../src/core/exporters/', import.meta.url);
const source = readFileSync(new URL('verify.py', folder), 'utf8');
if (/[`]|\$\{/.test(source)) throw new Error('verify.py must not hold a backtick or ${');
const head = '/** The text of verify.py beside this file, made by scripts/embed-verify.mjs: do not edit. */\n';
writeFileSync(new URL('verify-py.ts', folder), `${head}export const verifyPy = String.raw\`${source}\`;\n`);
