// The modules t2c_requant and t2c_register in Icarus Verilog on the vectors of every rounding mode and width.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { accumulatorVectors, requantVectors, vectorModes } from '../../integer/requant-vectors.fixture';
import { rtlSources } from './sources';

/** As the exporter numbers them; gemmlowp's last shift rounds halves away: 4 + 2. */
const codes = { 'half-up': 0, 'half-even': 1, 'half-away': 2, floor: 3, tflite: 6 } as const;

const vectors = requantVectors();
const registers = accumulatorVectors();
const limits = [...new Set(registers.map((v) => (v.overflow === 'wrap' ? -v.bits : v.bits)))];

const bench = `module bench;
  integer file, got, kind;
  reg signed [31:0] acc, mul, total;
  reg [31:0] n;
  reg signed [18:0] zp, lo, hi;
  wire [17:0] y [0:${vectorModes.length - 1}];
${vectorModes
  .map(
    (mode, i) =>
      `  t2c_requant #(.ACC_W(32), .MUL_W(32), .OUT_W(18), .ROUNDING(${codes[mode]})) m${i} (.acc(acc), .mul(mul), .shift(n[5:0]), .zero_point(zp), .lo(lo), .hi(hi), .y(y[${i}]));`,
  )
  .join('\n')}
  wire signed [31:0] held [0:${limits.length - 1}];
${limits.map((limit, i) => `  t2c_register #(.ACC_W(32), .LIMIT(${limit})) r${i} (.sum(total), .acc(held[${i}]));`).join('\n')}
  initial begin
    file = $fopen("vectors.txt", "r");
    got = $fscanf(file, "%d %d %d %d %d %d %d", kind, acc, mul, n, zp, lo, hi);
    while (got == 7) begin
      #1 $display("%0d", $signed(y[kind]));
      got = $fscanf(file, "%d %d %d %d %d %d %d", kind, acc, mul, n, zp, lo, hi);
    end
    $fclose(file);
    file = $fopen("registers.txt", "r");
    got = $fscanf(file, "%d %d", kind, total);
    while (got == 2) begin
      #1 $display("%0d", held[kind]);
      got = $fscanf(file, "%d %d", kind, total);
    end
    $finish;
  end
endmodule
`;

test('the multiplier, the shift and the register of the exported RTL give every vector', () => {
  const folder = mkdtempSync(join(tmpdir(), 't2c-rtl-'));
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const run = (command: string, ...args: string[]): { status: number | null; output: string } => {
    const made = spawnSync(command, args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 });
    return { status: made.status, output: made.stdout + made.stderr };
  };
  try {
    const sources = ['t2c_requant', 't2c_round', 't2c_clamp', 't2c_register'].map((name) => `${name}.sv`);
    for (const name of sources) write(name, rtlSources[`dut/${name}`] as string);
    write('bench.sv', bench);
    const words = (list: readonly number[]): string => `${list.join(' ')}\n`;
    write('vectors.txt', vectors.map((v) => words([vectorModes.indexOf(v.mode), v.acc, v.M, v.n, v.zeroPoint, v.lo, v.hi])).join(''));
    write('registers.txt', registers.map((v) => words([limits.indexOf(v.overflow === 'wrap' ? -v.bits : v.bits), v.total])).join(''));
    const compiled = run('iverilog', '-g2012', '-o', 'bench', ...sources, 'bench.sv');
    expect(compiled.status, compiled.output).toBe(0);
    const got = run('vvp', '-n', 'bench')
      .output.split('\n')
      .filter((line) => /^-?\d+$/.test(line))
      .map(Number);
    expect(got).toEqual([...vectors.map((v) => v.y), ...registers.map((v) => v.acc)]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
