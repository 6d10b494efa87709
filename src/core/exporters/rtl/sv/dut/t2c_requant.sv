// MulShift: y = clamp(zero_point + round(acc * mul / 2^shift), lo, hi). Combinational.
// ROUNDING: 0 half-up, 1 half-even, 2 half-away, 3 floor. 4 more: gemmlowp's two roundings, acc << max(0, 31 - shift) times mul as
// SaturatingRoundingDoublingHighMul, then a shift by max(0, shift - 31) rounded so; the sum shifted to the left fits 32 bits (proved).
// The product has ACC_W + MUL_W bits, so it cannot overflow; the exporter sizes both by what it proved.
module t2c_requant #(
    parameter int ACC_W = 32,
    parameter int MUL_W = 16,
    parameter int OUT_W = 8,
    parameter int ROUNDING = 0
) (
    input  logic signed [ACC_W-1:0] acc,
    input  logic signed [MUL_W-1:0] mul,
    input  logic        [      5:0] shift,
    input  logic signed [  OUT_W:0] zero_point,
    input  logic signed [  OUT_W:0] lo,
    input  logic signed [  OUT_W:0] hi,
    output logic        [OUT_W-1:0] y
);
  localparam int P_W = ACC_W + MUL_W;

  logic signed [P_W-1:0] scaled;

  generate
    if (ROUNDING < 4) begin : once
      logic signed [P_W-1:0] acc_x;
      logic signed [P_W-1:0] mul_x;
      logic signed [P_W-1:0] product;

      assign acc_x = {{MUL_W{acc[ACC_W-1]}}, acc};
      assign mul_x = {{ACC_W{mul[MUL_W-1]}}, mul};
      assign product = acc_x * mul_x;

      t2c_round #(
          .V_W(P_W),
          .ROUNDING(ROUNDING)
      ) round (
          .v(product),
          .shift(shift),
          .q(scaled)
      );
    end else begin : twice
      /* verilator lint_off UNUSED */
      logic signed [ACC_W+31:0] acc_x;
      logic signed [ACC_W+31:0] left_x;
      logic signed [MUL_W+31:0] mul_x;
      logic signed [63:0] product;
      logic signed [P_W+31:0] last_x;
      /* verilator lint_on UNUSED */
      logic [5:0] left_by;
      logic [5:0] right_by;
      logic signed [31:0] left;
      logic signed [31:0] factor;
      logic signed [31:0] high;
      logic signed [31:0] last;

      assign left_by = shift < 6'd31 ? 6'd31 - shift : 6'd0;
      assign right_by = shift > 6'd31 ? shift - 6'd31 : 6'd0;
      assign acc_x = {{32{acc[ACC_W-1]}}, acc};
      assign mul_x = {{32{mul[MUL_W-1]}}, mul};
      assign left_x = acc_x <<< left_by;
      assign left = left_x[31:0];
      assign factor = mul_x[31:0];
      assign product = {{32{left[31]}}, left} * {{32{factor[31]}}, factor} + 64'sd1073741824;
      assign high = left == 32'sh80000000 && factor == 32'sh80000000 ? 32'sh7fffffff : product[62:31];

      t2c_round #(
          .V_W(32),
          .ROUNDING(ROUNDING - 4)
      ) round (
          .v(high),
          .shift(right_by),
          .q(last)
      );

      assign last_x = {{P_W{last[31]}}, last};
      assign scaled = last_x[P_W-1:0];
    end
  endgenerate

  t2c_clamp #(
      .V_W  (P_W),
      .OUT_W(OUT_W)
  ) clamp (
      .v(scaled),
      .zero_point(zero_point),
      .lo(lo),
      .hi(hi),
      .y(y)
  );
endmodule
