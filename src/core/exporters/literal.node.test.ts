/** Law of literals: a C compiler and a Verilog one read the very integers from the text, extreme ones too. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createRng } from '../base/rng';
import type { IntTensor } from '../ir/integer-model';
import { identifier, literalOf, mostElements } from './literal';

const folder = mkdtempSync(join(tmpdir(), 't2c-literal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const random = createRng(5);
const cases: readonly { readonly name: string; readonly tensor: IntTensor; readonly signed: boolean; readonly bits: number }[] = [
  {
    name: 'layer1.0.conv1_x2',
    tensor: { dtype: 'int8', shape: [2, 3, 2], data: Int8Array.of(-128, 127, 0, -1, 1, 5, -5, 64, -64, 3, -3, 7) },
    signed: true,
    bits: 8,
  },
  { name: '4bit', tensor: { dtype: 'int8', shape: [5], data: Int8Array.of(-8, 7, 0, -1, 1) }, signed: true, bits: 4 },
  {
    name: 'acts',
    tensor: { dtype: 'uint8', shape: [1, 40], data: Uint8Array.from({ length: 40 }, () => random.int(0, 255)) },
    signed: false,
    bits: 8,
  },
  { name: 'acc', tensor: { dtype: 'int32', shape: [3], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1, -7) }, signed: true, bits: 32 },
  {
    name: 'wide',
    tensor: { dtype: 'int64', shape: [3], data: BigInt64Array.of(-(1n << 63n), (1n << 63n) - 1n, 1n << 40n) },
    signed: true,
    bits: 64,
  },
  { name: 'table_lut', tensor: { dtype: 'uint32', shape: [2], data: Uint32Array.of(2 ** 32 - 1, 0) }, signed: false, bits: 32 },
  // said to have 4 bits, and it needs more
  { name: 'narrow', tensor: { dtype: 'int16', shape: [2], data: Int16Array.of(300, -300) }, signed: true, bits: 4 },
  { name: 'scalar', tensor: { dtype: 'int16', shape: [], data: Int16Array.of(-9) }, signed: true, bits: 16 },
];
const want = cases.map(({ tensor }) => Array.from(tensor.data, String).join(' ')).join('\n');

test('a C compiler reads the same integers, without a warning', () => {
  const prints = cases.map(({ name, tensor: { data, shape } }) => {
    const id = identifier(name);
    const first = shape.length === 0 ? `&${id}` : `(const void *)${id}`;
    const type = `${data.constructor.name.replace('Array', '').replace('BigInt', 'int').toLowerCase()}_t`;
    return `  for (int i = 0; i < ${data.length}; i++) printf("%s%lld", i ? " " : "", (long long)((const ${type} *)${first})[i]);\n  puts("");\n`;
  });
  const source = `#include <stdint.h>\n#include <stdio.h>\n${cases.map((c) => literalOf(c.tensor, 'c', c)).join('')}int main(void) {\n${prints.join('')}  return 0;\n}\n`;
  writeFileSync(join(folder, 'a.c'), source);
  execFileSync('gcc', ['-std=c99', '-Wall', '-Wextra', '-Werror', '-o', join(folder, 'a'), join(folder, 'a.c')]);
  expect(execFileSync(join(folder, 'a'), { encoding: 'utf8' }).trimEnd()).toBe(want);
});

test('a Verilog compiler reads the same integers, without a warning', () => {
  const prints = cases.map(({ name, tensor: { shape, data }, signed }) => {
    const id = identifier(name);
    const sizes = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    const one = (i: number) => `${id}${shape.map((n, axis) => `[${Math.floor(i / (sizes[axis] as number)) % n}]`).join('')}`;
    return (
      Array.from(
        { length: data.length },
        (_, i) => `    $write("${i === 0 ? '' : ' '}%0d", ${signed ? '$signed' : '$unsigned'}(${one(i)}));`,
      ).join('\n') + '\n    $write("\\n");'
    );
  });
  const source = `module a;\n${cases.map((c) => literalOf(c.tensor, 'verilog', c)).join('')}  initial begin\n${prints.join('\n')}\n    $finish;\n  end\nendmodule\n`;
  writeFileSync(join(folder, 'a.sv'), source);
  execFileSync(
    'verilator',
    ['--binary', '-Wall', '--top-module', 'a', '-O0', '-CFLAGS', '-O0', '--Mdir', join(folder, 'obj'), join(folder, 'a.sv')],
    {
      stdio: 'pipe',
    },
  );
  const out = execFileSync(join(folder, 'obj/Va'), { encoding: 'utf8' });
  expect(out.split('\n').slice(0, cases.length).join('\n')).toBe(want);
}, 240_000);

test('tensors that are empty or too large are refused by name', () => {
  const options = { name: 'a', signed: true, bits: 8 };
  expect(() => literalOf({ dtype: 'int8', shape: [0], data: new Int8Array() }, 'c', options)).toThrow('no elements');
  const n = mostElements + 1;
  expect(() => literalOf({ dtype: 'int8', shape: [n], data: new Int8Array(n) }, 'c', options)).toThrow(`got ${n}`);
});
