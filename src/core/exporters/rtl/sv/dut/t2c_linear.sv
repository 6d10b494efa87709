// One output of a convolution, a Gemm or a MatMul: products in, one each clock; out come the accumulator (bias included)
// and y = clamp(zy + round(acc * mul / 2^shift), lo, hi). done is high for one clock with both.
// bias, mul, shift, zx, zw, zy, lo and hi are held from first until done.
module t2c_linear #(
    parameter int X_W = 8,
    parameter int X_SIGNED = 0,
    parameter int W_W = 8,
    parameter int W_SIGNED = 1,
    parameter int ACC_W = 32,
    parameter int MUL_W = 16,
    parameter int OUT_W = 8,
    parameter int ROUNDING = 0,
    parameter int LIMIT = 0
) (
    input  logic                    clk,
    input  logic                    rst,
    input  logic                    valid,
    input  logic                    first,
    input  logic                    last,
    input  logic        [  X_W-1:0] x,
    input  logic        [  W_W-1:0] w,
    input  logic signed [    X_W:0] zx,
    input  logic signed [    W_W:0] zw,
    input  logic signed [ACC_W-1:0] bias,
    input  logic signed [MUL_W-1:0] mul,
    input  logic        [      5:0] shift,
    input  logic signed [  OUT_W:0] zy,
    input  logic signed [  OUT_W:0] lo,
    input  logic signed [  OUT_W:0] hi,
    output logic                    done,
    output logic signed [ACC_W-1:0] acc,
    output logic        [OUT_W-1:0] y
);
  logic                    total_valid;
  logic signed [ACC_W-1:0] total;
  logic signed [ACC_W-1:0] held;

  t2c_mac #(
      .X_W(X_W),
      .X_SIGNED(X_SIGNED),
      .W_W(W_W),
      .W_SIGNED(W_SIGNED),
      .ACC_W(ACC_W)
  ) mac (
      .clk(clk),
      .rst(rst),
      .valid(valid),
      .first(first),
      .last(last),
      .x(x),
      .w(w),
      .zx(zx),
      .zw(zw),
      .bias(bias),
      .acc_valid(total_valid),
      .acc(total)
  );

  t2c_register #(
      .ACC_W(ACC_W),
      .LIMIT(LIMIT)
  ) register (
      .sum(total),
      .acc(held)
  );

  // a register of its own: the wide multiplier below stands still while products come in
  always_ff @(posedge clk) begin
    done <= total_valid & ~rst;
    if (total_valid) acc <= held;
  end

  t2c_requant #(
      .ACC_W(ACC_W),
      .MUL_W(MUL_W),
      .OUT_W(OUT_W),
      .ROUNDING(ROUNDING)
  ) requant (
      .acc(acc),
      .mul(mul),
      .shift(shift),
      .zero_point(zy),
      .lo(lo),
      .hi(hi),
      .y(y)
  );
endmodule
