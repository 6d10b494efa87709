/**
 * `requant.sv`: the bundle's requantization as functions of a SystemVerilog package, synthesizable and free of dependencies.
 * All styles and roundings are in it; `requant` and `accumulate` are this bundle's. Written for Icarus Verilog 11 too: functions
 * return by their name.
 */
import type { Arithmetic, Rounding } from '../../ir/integer-model';

const names: Readonly<Record<Rounding, string>> = {
  'half-up': 'HALF_UP',
  'half-even': 'HALF_EVEN',
  'half-away': 'HALF_AWAY',
  floor: 'FLOOR',
};

export function requantPackage({ rounding, multiplier, accumulator }: Arithmetic): string {
  const product = multiplier.kind === 'tflite' ? 'high_mul_shift(acc[31:0], m, n, ROUNDING)' : 'mul_shift(acc, m, n, ROUNDING)';
  const register =
    accumulator === undefined
      ? 'accumulate = total; // proved to fit 32 bits'
      : `accumulate = ${accumulator.overflow}(total, 6'd${accumulator.bits});`;
  return String.raw`// The requantization of this bundle as combinational functions: exact integers. See profile.md.
package t2c_requant_pkg;

  localparam logic [1:0] HALF_UP = 2'd0;
  localparam logic [1:0] HALF_EVEN = 2'd1;
  localparam logic [1:0] HALF_AWAY = 2'd2;
  localparam logic [1:0] FLOOR = 2'd3;

  // v / 2^n rounded, 0 <= n <= 62, |v| + 2^(n-1) < 2^63; n = 0 gives v
  function automatic logic signed [63:0] rshift(input logic signed [63:0] v, input logic [5:0] n, input logic [1:0] mode);
    logic signed [63:0] half;
    logic signed [63:0] up;
    logic signed [63:0] mask;
    begin
      half = n == 6'd0 ? 64'sd0 : 64'sd1 <<< (n - 6'd1);
      mask = (64'sd1 <<< n) - 64'sd1;
      up = (v + half) >>> n;
      if (mode == FLOOR) rshift = v >>> n;
      else if (mode == HALF_AWAY && v < 64'sd0) rshift = -((half - v) >>> n);
      else if (mode == HALF_EVEN && n != 6'd0 && (v & mask) == half && up[0]) rshift = up - 64'sd1;
      else rshift = up;
    end
  endfunction

  // acc * M / 2^n, one rounding
  function automatic logic signed [63:0] mul_shift(
      input logic signed [63:0] acc, input logic signed [31:0] m, input logic [5:0] n, input logic [1:0] mode);
    logic signed [63:0] product;
    begin
      product = acc * {{32{m[31]}}, m};
      mul_shift = rshift(product, n, mode);
    end
  endfunction

  // gemmlowp: SaturatingRoundingDoublingHighMul
  function automatic logic signed [31:0] doubling_high_mul(input logic signed [31:0] a, input logic signed [31:0] b);
    logic signed [63:0] product;
    begin
      product = {{32{a[31]}}, a} * {{32{b[31]}}, b} + 64'sd1073741824;
      doubling_high_mul = a == 32'sh80000000 && b == 32'sh80000000 ? 32'sh7fffffff : product[62:31];
    end
  endfunction

  // gemmlowp: acc << (31 - n) times M, then a shift by n - 31, where these are positive. acc << (31 - n) fits 32 bits.
  function automatic logic signed [63:0] high_mul_shift(
      input logic signed [31:0] acc, input logic signed [31:0] m, input logic [5:0] n, input logic [1:0] mode);
    logic signed [31:0] left;
    logic signed [31:0] high;
    logic [5:0] right;
    begin
      left = n < 6'd31 ? acc <<< (6'd31 - n) : acc;
      right = n > 6'd31 ? n - 6'd31 : 6'd0;
      high = doubling_high_mul(left, m);
      high_mul_shift = rshift({{32{high[31]}}, high}, right, mode);
    end
  endfunction

  function automatic logic signed [63:0] clamp(
      input logic signed [63:0] v, input logic signed [63:0] lo, input logic signed [63:0] hi);
    begin
      clamp = v < lo ? lo : v > hi ? hi : v;
    end
  endfunction

  // What a register of so many bits (8 to 32) keeps of an exact sum
  function automatic logic signed [63:0] saturate(input logic signed [63:0] total, input logic [5:0] bits);
    logic signed [63:0] half;
    begin
      half = 64'sd1 <<< (bits - 6'd1);
      saturate = clamp(total, -half, half - 64'sd1);
    end
  endfunction

  function automatic logic signed [63:0] wrap(input logic signed [63:0] total, input logic [5:0] bits);
    logic [6:0] drop;
    logic signed [63:0] high;
    begin
      drop = 7'd64 - {1'b0, bits};
      high = total <<< drop;
      wrap = high >>> drop;
    end
  endfunction

  // ---- this bundle ----
  localparam logic [1:0] ROUNDING = ${names[rounding]};

  // What the accumulator holds of the exact sum (bias included)
  function automatic logic signed [63:0] accumulate(input logic signed [63:0] total);
    begin
      ${register}
    end
  endfunction

  // y = clamp(zero_point + round(acc * M / 2^n), lo, hi)
  function automatic logic signed [31:0] requant(
      input logic signed [63:0] acc, input logic signed [31:0] m, input logic [5:0] n,
      input logic signed [31:0] zero_point, input logic signed [31:0] lo, input logic signed [31:0] hi);
    logic signed [63:0] y;
    begin
      y = ${product} + {{32{zero_point[31]}}, zero_point};
      y = clamp(y, {{32{lo[31]}}, lo}, {{32{hi[31]}}, hi});
      requant = y[31:0];
    end
  endfunction

  // y = clamp(zero_point + round(total / 2^n), lo, hi): add, sub and the last step of layer normalization, rounded once
  function automatic logic signed [31:0] requant_sum(
      input logic signed [63:0] total, input logic [5:0] n,
      input logic signed [31:0] zero_point, input logic signed [31:0] lo, input logic signed [31:0] hi);
    logic signed [63:0] y;
    begin
      y = rshift(total, n, ROUNDING) + {{32{zero_point[31]}}, zero_point};
      y = clamp(y, {{32{lo[31]}}, lo}, {{32{hi[31]}}, hi});
      requant_sum = y[31:0];
    end
  endfunction

endpackage
`;
}

/** Reads vectors.txt (`acc M n zero_point lo hi y`, a line each) and ends with $fatal at the first that differs. */
export const checkSv = String.raw`// iverilog -g2012 -o check requant.sv check_tb.sv && vvp check
module check_tb;
  import t2c_requant_pkg::*;

  integer file, got, lines;
  reg signed [63:0] acc;
  reg signed [31:0] m, zero_point, lo, hi, want, made;
  integer n;

  initial begin
    lines = 0;
    file = $fopen("vectors.txt", "r");
    if (file == 0) $fatal(1, "vectors.txt cannot be opened");
    got = $fscanf(file, "%d %d %d %d %d %d %d", acc, m, n, zero_point, lo, hi, want);
    while (got == 7) begin
      lines = lines + 1;
      made = requant(acc, m, n[5:0], zero_point, lo, hi);
      if (made !== want) $fatal(1, "MISMATCH line %0d: expected %0d, got %0d", lines, want, made);
      got = $fscanf(file, "%d %d %d %d %d %d %d", acc, m, n, zero_point, lo, hi, want);
    end
    if (lines == 0 || !$feof(file)) $fatal(1, "MISMATCH line %0d cannot be read", lines + 1);
    $display("OK: %0d vectors", lines);
    $finish;
  end
endmodule
`;
