// The exported profile with real tools: the C compiled, the SystemVerilog simulated and linted, on the vectors of every mode and on the bundle's own.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { accumulatorVectors, accumulatorVectorText, requantVectors, type RequantVector } from '../../integer/requant-vectors.fixture';
import type { Arithmetic, Rounding } from '../../ir/integer-model';
import { profileInput, profiles } from '../profile-bundle.fixture';
import { collect } from '../tiny-bundle.fixture';
import { requantHeader } from './c-text';
import { requantPackage } from './sv-text';

const has = (command: string, ...args: string[]): boolean => spawnSync(command, args).error === undefined;
const cc = ['cc', 'gcc', 'clang'].find((c) => has(c, '--version'));
const iverilog = has('iverilog', '-V') && has('vvp', '-V');
const verilator = has('verilator', '--version');

function inFolder<T>(files: Readonly<Record<string, string | Uint8Array>>, work: (run: (line: string, input?: string) => string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 't2c-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return work((line, input = '') => {
      const [command = '', ...args] = line.split(' ');
      const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8', input, maxBuffer: 2 ** 26 });
      return `${stdout}${stderr}exit ${status}`;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const style: Arithmetic = { rounding: 'half-up', multiplier: { kind: 'normalized', bits: 16 } };
const codes: Readonly<Record<Rounding, number>> = { 'half-up': 0, 'half-even': 1, 'half-away': 2, floor: 3 };
/** `code tflite acc M n zp lo hi`, a line each. */
const lineOf = (v: RequantVector): string => {
  const twice = v.mode === 'tflite';
  return [codes[twice ? 'half-away' : v.mode], twice ? 1 : 0, v.acc, v.M, v.n, v.zeroPoint, v.lo, v.hi].join(' ');
};

const vectors = requantVectors();
const registers = accumulatorVectors();
const registerLines = accumulatorVectorText().replaceAll('wrap', '0').replaceAll('saturate', '1');

describe.skipIf(cc === undefined)('requant.h', () => {
  test('gives every vector, whatever the optimizer does, and compiles without a warning', () => {
    const main = `#include <stdio.h>
#include <inttypes.h>
#include "requant.h"
int main(void) {
  int kind, second; int64_t acc, m, n, zp, lo, hi;
  while (scanf("%d %d", &kind, &second) == 2 && kind < 4) {
    if (scanf("%" SCNd64 "%" SCNd64 "%" SCNd64 "%" SCNd64 "%" SCNd64 "%" SCNd64, &acc, &m, &n, &zp, &lo, &hi) != 6) return 1;
    const t2c_rounding mode = (t2c_rounding)kind;
    const int64_t v = second ? t2c_high_mul_shift(acc, (int32_t)m, (unsigned)n, mode) : t2c_mul_shift(acc, (int32_t)m, (unsigned)n, mode);
    printf("%" PRId64 "\\n", t2c_clamp(zp + v, lo, hi));
  }
  while (scanf("%d %" SCNd64 " %" SCNd64, &kind, &n, &acc) == 3)
    printf("%" PRId64 "\\n", kind ? t2c_saturate(acc, (unsigned)n) : t2c_wrap(acc, (unsigned)n));
  return 0;
}
`;
    const input = [
      ...vectors.map(lineOf),
      '9 9',
      ...registerLines
        .trim()
        .split('\n')
        .map((l) => l.split(' ').slice(0, 3).join(' ')),
    ].join('\n');
    const wanted = [...vectors.map((v) => v.y), ...registers.map((v) => v.acc)];
    for (const level of ['-O0', '-O2']) {
      inFolder({ 'requant.h': requantHeader(style), 'main.c': main }, (run) => {
        expect(run(`${cc} -std=c99 ${level} -Wall -Wextra -Wconversion -pedantic -Werror -o main main.c`)).toBe('exit 0');
        const got = run('./main', `${input}\n`).split('\n');
        expect(got.pop()).toBe('exit 0');
        expect(got.map(Number)).toEqual(wanted);
      });
    }
  });
});

describe.skipIf(!iverilog)('requant.sv', () => {
  test('gives every vector in Icarus Verilog', () => {
    const bench = `module bench;
  import t2c_requant_pkg::*;
  integer file, got, kind, second, n, bits;
  reg signed [63:0] acc, v, total;
  reg signed [31:0] m, zp, lo, hi;
  initial begin
    file = $fopen("vectors.txt", "r");
    got = $fscanf(file, "%d %d %d %d %d %d %d %d", kind, second, acc, m, n, zp, lo, hi);
    while (got == 8) begin
      if (second == 1) v = high_mul_shift(acc[31:0], m, n[5:0], kind[1:0]);
      else v = mul_shift(acc, m, n[5:0], kind[1:0]);
      $display("%0d", clamp(v + zp, lo, hi));
      got = $fscanf(file, "%d %d %d %d %d %d %d %d", kind, second, acc, m, n, zp, lo, hi);
    end
    $fclose(file);
    file = $fopen("registers.txt", "r");
    got = $fscanf(file, "%d %d %d %d", kind, bits, total, v);
    while (got == 4) begin
      $display("%0d", kind == 1 ? saturate(total, bits[5:0]) : wrap(total, bits[5:0]));
      got = $fscanf(file, "%d %d %d %d", kind, bits, total, v);
    end
    $finish;
  end
endmodule
`;
    const files = {
      'requant.sv': requantPackage(style),
      'bench.sv': bench,
      'vectors.txt': `${vectors.map(lineOf).join('\n')}\n`,
      'registers.txt': registerLines,
    };
    inFolder(files, (run) => {
      expect(run('iverilog -g2012 -Wall -o bench requant.sv bench.sv')).toMatch(/exit 0$/);
      const got = run('vvp -n bench')
        .split('\n')
        .filter((l) => /^-?\d+$/.test(l))
        .map(Number);
      expect(got).toEqual([...vectors.map((v) => v.y), ...registers.map((v) => v.acc)]);
    });
  });
});

describe.each(profiles.map((p) => [JSON.stringify(p), p] as const))('the bundle under %s', (_, profile) => {
  test.skipIf(cc === undefined || !iverilog)('checks itself in C and SystemVerilog, and finds a wrong line', async () => {
    const files = await collect({ ...(await profileInput(profile)), formats: ['profile'] });
    const own = Object.fromEntries(
      [...files].filter(([path]) => path.startsWith('profile/')).map(([path, bytes]) => [path.slice('profile/'.length), bytes]),
    );
    const lines = new TextDecoder().decode(own['vectors.txt']).trim().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(1000);
    const spec = new TextDecoder().decode(own['profile.md']);
    expect(spec).toMatch(/^# Requantization profile of tiny\n/);
    const check = (run: (line: string) => string): [string, string] => [
      run(`${cc} -std=c99 -Wall -Wextra -Werror -o check_c check.c`) + run('./check_c'),
      run('iverilog -g2012 -o check requant.sv check_tb.sv') + run('vvp -n check'),
    ];
    inFolder(own, (run) => {
      for (const output of check(run)) expect(output).toMatch(new RegExp(`OK: ${lines.length} vectors\n(.*\n)*exit 0$`));
    });
    const words = (lines[500] as string).split(' ');
    words[6] = String(Number(words[6]) + 1);
    const wrong = [...lines.slice(0, 500), words.join(' '), ...lines.slice(501), ''].join('\n');
    inFolder({ ...own, 'vectors.txt': wrong }, (run) => {
      for (const output of check(run)) {
        expect(output).toMatch(/MISMATCH line 501: expected -?\d+, got -?\d+/);
        expect(output).toMatch(/exit 1$/);
      }
    });
  });
});

test.skipIf(!verilator)('Verilator has nothing to say of the package', () => {
  for (const profile of [style, { ...style, multiplier: { kind: 'tflite' }, accumulator: { bits: 20, overflow: 'saturate' } } as const]) {
    const top = `module top (input logic signed [63:0] total, input logic signed [31:0] m, z, lo, hi, input logic [5:0] n, output logic signed [31:0] y, s);
  assign y = t2c_requant_pkg::requant(t2c_requant_pkg::accumulate(total), m, n, z, lo, hi);
  assign s = t2c_requant_pkg::requant_sum(total, n, z, lo, hi);
endmodule
`;
    inFolder({ 'requant.sv': requantPackage(profile), 'top.sv': top }, (run) => {
      expect(run('verilator --lint-only -Wall -Wno-DECLFILENAME -Wno-MULTITOP -Wno-UNUSED --top-module top requant.sv top.sv')).toBe(
        'exit 0',
      );
    });
  }
});
