// MulShift: y = clamp(zero_point + round(acc * mul / 2^shift), lo, hi). Combinational.
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

  logic signed [P_W-1:0] acc_x;
  logic signed [P_W-1:0] mul_x;
  logic signed [P_W-1:0] product;
  logic signed [P_W-1:0] scaled;

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
