// Product of two tensors: y = clamp(zy + round((a - za) * (b - zb) * mul / 2^shift), lo, hi).
// done is high for one clock with y, the clock after valid.
module t2c_mul #(
    parameter int A_W = 8,
    parameter int A_SIGNED = 0,
    parameter int B_W = 8,
    parameter int B_SIGNED = 0,
    parameter int MUL_W = 16,
    parameter int OUT_W = 8,
    parameter int ROUNDING = 0
) (
    input  logic                    clk,
    input  logic                    rst,
    input  logic                    valid,
    input  logic        [  A_W-1:0] a,
    input  logic        [  B_W-1:0] b,
    input  logic signed [    A_W:0] za,
    input  logic signed [    B_W:0] zb,
    input  logic signed [MUL_W-1:0] mul,
    input  logic        [      5:0] shift,
    input  logic signed [  OUT_W:0] zy,
    input  logic signed [  OUT_W:0] lo,
    input  logic signed [  OUT_W:0] hi,
    output logic                    done,
    output logic        [OUT_W-1:0] y
);
  localparam int P_W = A_W + B_W + 2;

  logic signed [  A_W:0] a_v;
  logic signed [  B_W:0] b_v;
  logic signed [P_W-1:0] a_x;
  logic signed [P_W-1:0] b_x;
  logic signed [P_W-1:0] product;

  t2c_offset #(
      .Q_W(A_W),
      .Q_SIGNED(A_SIGNED)
  ) offset_a (
      .q(a),
      .zero_point(za),
      .v(a_v)
  );
  t2c_offset #(
      .Q_W(B_W),
      .Q_SIGNED(B_SIGNED)
  ) offset_b (
      .q(b),
      .zero_point(zb),
      .v(b_v)
  );

  assign a_x = {{(P_W - A_W - 1) {a_v[A_W]}}, a_v};
  assign b_x = {{(P_W - B_W - 1) {b_v[B_W]}}, b_v};

  always_ff @(posedge clk) begin
    done <= valid & ~rst;
    if (valid) product <= a_x * b_x;
  end

  t2c_requant #(
      .ACC_W(P_W),
      .MUL_W(MUL_W),
      .OUT_W(OUT_W),
      .ROUNDING(ROUNDING)
  ) requant (
      .acc(product),
      .mul(mul),
      .shift(shift),
      .zero_point(zy),
      .lo(lo),
      .hi(hi),
      .y(y)
  );
endmodule
