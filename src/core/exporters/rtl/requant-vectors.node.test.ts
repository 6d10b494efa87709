// t2c_requant in Icarus Verilog on the vectors that everybody who requantizes is held to: random, extreme and tie values.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requantVectors, VECTORS, vectorWidths } from '../../integer/requant-vectors.fixture';
import { rtlSources } from './sources';

const modes = ['half-up', 'half-even', 'half-away', 'floor'] as const;
const vectors = requantVectors();

/** Reads a vector a line and prints what differs. Outputs of 17 bits hold the signed and the unsigned ones of 16. */
const bench = (rounding: number): string => `
module bench;
  logic signed [31:0] acc, mul;
  logic [5:0] shift;
  logic signed [17:0] zero_point, lo, hi;
  logic signed [16:0] y;
  longint a, m, n, z, l, h, expected;
  int file, read, count;
  t2c_requant #(.ACC_W(32), .MUL_W(32), .OUT_W(17), .ROUNDING(${rounding})) dut (
    .acc(acc), .mul(mul), .shift(shift), .zero_point(zero_point), .lo(lo), .hi(hi), .y(y));
  initial begin
    file = $fopen("vectors.txt", "r");
    count = 0;
    read = $fscanf(file, "%d %d %d %d %d %d %d", a, m, n, z, l, h, expected);
    while (read == 7) begin
      acc = a[31:0]; mul = m[31:0]; shift = n[5:0]; zero_point = z[17:0]; lo = l[17:0]; hi = h[17:0];
      #1;
      count = count + 1;
      if (y !== expected[16:0]) $display("WRONG %0d: %0d * %0d >> %0d + %0d: expected %0d, got %0d", count, a, m, n, z, expected, y);
      read = $fscanf(file, "%d %d %d %d %d %d %d", a, m, n, z, l, h, expected);
    end
    $display("compared %0d", count);
    $finish;
  end
endmodule
`;

test.each(modes)('%s: every vector of every width', (mode) => {
  const folder = mkdtempSync(join(tmpdir(), 't2c-vectors-'));
  try {
    const of = vectors.filter((v) => v.mode === mode);
    const lines = of.map((v) => [v.acc, v.M, v.n, v.zeroPoint, v.lo, v.hi, v.y].join(' '));
    writeFileSync(join(folder, 'vectors.txt'), `${lines.join('\n')}\n`);
    const parts = ['round', 'clamp', 'requant'].map((name) => rtlSources[`dut/t2c_${name}.sv`] ?? '');
    writeFileSync(join(folder, 'bench.sv'), [...parts, bench(modes.indexOf(mode))].join('\n'));
    const run = (command: string, ...args: string[]) => spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
    const compiled = run('iverilog', '-g2012', '-s', 'bench', '-o', 'bench.vvp', 'bench.sv');
    expect(compiled.stderr).toBe('');
    const { stdout } = run('vvp', '-n', 'bench.vvp');
    expect(of).toHaveLength(VECTORS * vectorWidths[mode].length);
    expect(stdout.trim()).toBe(`compared ${of.length}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
