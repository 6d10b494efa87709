// A change of quantizer: y = clamp(zy + round((x - zx) * mul / 2^shift), lo, hi).
// done is high for one clock with y, the clock after valid; mul and shift are held until then.
module t2c_rescale #(
    parameter int X_W = 8,
    parameter int X_SIGNED = 0,
    parameter int MUL_W = 16,
    parameter int OUT_W = 8,
    parameter int ROUNDING = 0
) (
    input  logic                    clk,
    input  logic                    rst,
    input  logic                    valid,
    input  logic        [  X_W-1:0] x,
    input  logic signed [    X_W:0] zx,
    input  logic signed [MUL_W-1:0] mul,
    input  logic        [      5:0] shift,
    input  logic signed [  OUT_W:0] zy,
    input  logic signed [  OUT_W:0] lo,
    input  logic signed [  OUT_W:0] hi,
    output logic                    done,
    output logic        [OUT_W-1:0] y
);
  logic signed [X_W:0] x_v;
  logic signed [X_W:0] held;

  t2c_offset #(
      .Q_W(X_W),
      .Q_SIGNED(X_SIGNED)
  ) offset (
      .q(x),
      .zero_point(zx),
      .v(x_v)
  );

  always_ff @(posedge clk) begin
    done <= valid & ~rst;
    if (valid) held <= x_v;
  end

  t2c_requant #(
      .ACC_W(X_W + 1),
      .MUL_W(MUL_W),
      .OUT_W(OUT_W),
      .ROUNDING(ROUNDING)
  ) requant (
      .acc(held),
      .mul(mul),
      .shift(shift),
      .zero_point(zy),
      .lo(lo),
      .hi(hi),
      .y(y)
  );
endmodule
