// As t2c_linear, for a product that divides for the softmax before it: x are its exponentials (unsigned, zero point 0),
// S their sum, R = 2^30 div S (0 where S is 0) and y = clamp(zy + round(acc * R * mul / 2^shift), lo, hi); acc itself is undivided.
// S_W holds S; done comes some 32 clocks after last.
module t2c_linear_deferred #(
    parameter int X_W = 8,
    parameter int W_W = 8,
    parameter int W_SIGNED = 1,
    parameter int ACC_W = 32,
    parameter int S_W = 24,
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
    input  logic signed [    W_W:0] zw,
    input  logic signed [MUL_W-1:0] mul,
    input  logic        [      5:0] shift,
    input  logic signed [  OUT_W:0] zy,
    input  logic signed [  OUT_W:0] lo,
    input  logic signed [  OUT_W:0] hi,
    output logic                    done,
    output logic signed [ACC_W-1:0] acc,
    output logic        [OUT_W-1:0] y
);
  localparam int R_W = 31;
  localparam int P_W = ACC_W + R_W + 1;

  logic                    total_valid;
  logic                    divided;
  logic        [  S_W-1:0] sum;
  logic        [  R_W-1:0] quotient;
  logic        [  R_W-1:0] inverse;
  logic signed [ACC_W-1:0] total;
  logic signed [ACC_W-1:0] held;
  logic signed [  P_W-1:0] acc_x;
  logic signed [  P_W-1:0] inverse_x;
  logic signed [  P_W-1:0] scaled;

  t2c_mac #(
      .X_W(X_W),
      .X_SIGNED(0),
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
      .zx({(X_W + 1) {1'b0}}),
      .zw(zw),
      .bias({ACC_W{1'b0}}),
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

  t2c_divide #(
      .N_W(R_W),
      .D_W(S_W)
  ) divide (
      .clk(clk),
      .rst(rst),
      .start(total_valid),
      .numerator({1'b1, 30'd0}),
      .denominator(sum),
      .done(divided),
      .quotient(quotient)
  );

  always_ff @(posedge clk) begin
    done <= divided & ~rst;
    if (valid) sum <= (first ? {S_W{1'b0}} : sum) + {{(S_W - X_W) {1'b0}}, x};
    if (total_valid) acc <= held;
    if (divided) inverse <= sum == {S_W{1'b0}} ? {R_W{1'b0}} : quotient;
  end

  assign acc_x = {{(P_W - ACC_W) {acc[ACC_W-1]}}, acc};
  assign inverse_x = {{(P_W - R_W) {1'b0}}, inverse};
  assign scaled = acc_x * inverse_x;

  t2c_requant #(
      .ACC_W(P_W),
      .MUL_W(MUL_W),
      .OUT_W(OUT_W),
      .ROUNDING(ROUNDING)
  ) requant (
      .acc(scaled),
      .mul(mul),
      .shift(shift),
      .zero_point(zy),
      .lo(lo),
      .hi(hi),
      .y(y)
  );
endmodule
