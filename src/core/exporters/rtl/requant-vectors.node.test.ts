// t2c_requant in Icarus Verilog, as wide as the multipliers are, on the vectors that everybody who requantizes is held to.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requantVectors, VECTORS, vectorWidths } from '../../integer/requant-vectors.fixture';
import { rtlSources } from './sources';

const modes = ['half-up', 'half-even', 'half-away', 'floor'] as const;
const vectors = requantVectors();

/** Bits with the sign; a power of two is 1 or -1, which takes two. */
const widthsOf = (mode: (typeof modes)[number]): readonly number[] => vectorWidths[mode].map((bits) => Math.max(2, bits));

/**
 * Reads a vector a line and prints what differs. Each goes to the module whose multiplier is as wide as its own. Outputs of 17 bits
 * hold the signed and the unsigned ones of 16.
 */
const bench = (rounding: number, widths: readonly number[]): string => `
module bench;
  logic signed [31:0] acc [0:${widths.length - 1}], mul [0:${widths.length - 1}];
  logic [5:0] shift;
  logic signed [17:0] zero_point, lo, hi;
  logic signed [16:0] y [0:${widths.length - 1}];
  longint which, a, m, n, z, l, h, expected;
  int file, read, count;
${widths
  .map(
    (bits, i) => `  t2c_requant #(.ACC_W(32), .MUL_W(${bits}), .OUT_W(17), .ROUNDING(${rounding})) dut${i} (
    .acc(acc[${i}]), .mul(mul[${i}][${bits - 1}:0]), .shift(shift), .zero_point(zero_point), .lo(lo), .hi(hi), .y(y[${i}]));`,
  )
  .join('\n')}
  initial begin
    file = $fopen("vectors.txt", "r");
    count = 0;
    read = $fscanf(file, "%d %d %d %d %d %d %d %d", which, a, m, n, z, l, h, expected);
    while (read == 8) begin
      acc[which] = a[31:0]; mul[which] = m[31:0]; shift = n[5:0]; zero_point = z[17:0]; lo = l[17:0]; hi = h[17:0];
      #1;
      count = count + 1;
      if (y[which] !== expected[16:0]) $display("WRONG %0d: %0d * %0d >> %0d + %0d: expected %0d, got %0d", count, a, m, n, z, expected, y[which]);
      read = $fscanf(file, "%d %d %d %d %d %d %d %d", which, a, m, n, z, l, h, expected);
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
    const lines = of.map((v) => [vectorWidths[mode].indexOf(v.mbits), v.acc, v.M, v.n, v.zeroPoint, v.lo, v.hi, v.y].join(' '));
    writeFileSync(join(folder, 'vectors.txt'), `${lines.join('\n')}\n`);
    const parts = ['round', 'clamp', 'requant'].map((name) => rtlSources[`dut/t2c_${name}.sv`] ?? '');
    writeFileSync(join(folder, 'bench.sv'), [...parts, bench(modes.indexOf(mode), widthsOf(mode))].join('\n'));
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
