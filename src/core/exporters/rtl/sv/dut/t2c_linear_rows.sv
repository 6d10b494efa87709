// As t2c_linear, for inputs with a scale per token: acc is without bias, and
// y = clamp(zy + round((acc * row_mul + bias) * mul / 2^shift), lo, hi), rounded once. TOTAL_W holds acc * row_mul + bias.
module t2c_linear_rows #(
    parameter int X_W = 8,
    parameter int X_SIGNED = 0,
    parameter int W_W = 8,
    parameter int W_SIGNED = 1,
    parameter int ACC_W = 32,
    parameter int ROW_W = 16,
    parameter int TOTAL_W = 48,
    parameter int MUL_W = 16,
    parameter int OUT_W = 8,
    parameter int ROUNDING = 0,
    parameter int LIMIT = 0
) (
    input  logic                      clk,
    input  logic                      rst,
    input  logic                      valid,
    input  logic                      first,
    input  logic                      last,
    input  logic        [    X_W-1:0] x,
    input  logic        [    W_W-1:0] w,
    input  logic signed [      X_W:0] zx,
    input  logic signed [      W_W:0] zw,
    input  logic signed [  ROW_W-1:0] row_mul,
    input  logic signed [TOTAL_W-1:0] bias,
    input  logic signed [  MUL_W-1:0] mul,
    input  logic        [        5:0] shift,
    input  logic signed [    OUT_W:0] zy,
    input  logic signed [    OUT_W:0] lo,
    input  logic signed [    OUT_W:0] hi,
    output logic                      done,
    output logic signed [  ACC_W-1:0] acc,
    output logic        [  OUT_W-1:0] y
);
  localparam int P_W = ACC_W + ROW_W;
  localparam int E_W = P_W > TOTAL_W ? P_W : TOTAL_W + 1;

  logic                      sum_valid;
  logic                      acc_valid;
  logic signed [  ACC_W-1:0] sum;
  logic signed [  ACC_W-1:0] held;
  logic signed [    P_W-1:0] acc_x;
  logic signed [    P_W-1:0] row_x;
  logic signed [    P_W-1:0] product;
  /* verilator lint_off UNUSED */
  logic signed [    E_W-1:0] product_x;
  /* verilator lint_on UNUSED */
  logic signed [TOTAL_W-1:0] total;

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
      .bias({ACC_W{1'b0}}),
      .acc_valid(sum_valid),
      .acc(sum)
  );

  t2c_register #(
      .ACC_W(ACC_W),
      .LIMIT(LIMIT)
  ) register (
      .sum(sum),
      .acc(held)
  );

  assign acc_x = {{ROW_W{acc[ACC_W-1]}}, acc};
  assign row_x = {{ACC_W{row_mul[ROW_W-1]}}, row_mul};
  assign product = acc_x * row_x;

  generate
    if (E_W > P_W) begin : extend
      assign product_x = {{(E_W - P_W) {product[P_W-1]}}, product};
    end else begin : whole
      assign product_x = product;
    end
  endgenerate

  always_ff @(posedge clk) begin
    acc_valid <= sum_valid & ~rst;
    done <= acc_valid & ~rst;
    if (sum_valid) acc <= held;
    if (acc_valid) total <= product_x[TOTAL_W-1:0] + bias;
  end

  t2c_requant #(
      .ACC_W(TOTAL_W),
      .MUL_W(MUL_W),
      .OUT_W(OUT_W),
      .ROUNDING(ROUNDING)
  ) requant (
      .acc(total),
      .mul(mul),
      .shift(shift),
      .zero_point(zy),
      .lo(lo),
      .hi(hi),
      .y(y)
  );
endmodule
