// One multiplier and one accumulator: acc = bias + sum over k of (x - zx) * (w - zw), a product each clock.
// first starts a sum with bias, last ends it; acc_valid is high for one clock after that, with acc.
// ACC_W holds the total (proved); partial sums wrap around and do no harm.
module t2c_mac #(
    parameter int X_W = 8,
    parameter int X_SIGNED = 0,
    parameter int W_W = 8,
    parameter int W_SIGNED = 1,
    parameter int ACC_W = 32
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
    output logic                    acc_valid,
    output logic signed [ACC_W-1:0] acc
);
  localparam int P_W = X_W + W_W + 2;
  localparam int E_W = P_W > ACC_W ? P_W : ACC_W + 1;

  logic signed [  X_W:0] x_v;
  logic signed [  W_W:0] w_v;
  logic signed [P_W-1:0] x_x;
  logic signed [P_W-1:0] w_x;
  logic signed [P_W-1:0] product;
  /* verilator lint_off UNUSED */
  logic signed [E_W-1:0] product_x;
  /* verilator lint_on UNUSED */

  t2c_offset #(
      .Q_W(X_W),
      .Q_SIGNED(X_SIGNED)
  ) offset_x (
      .q(x),
      .zero_point(zx),
      .v(x_v)
  );
  t2c_offset #(
      .Q_W(W_W),
      .Q_SIGNED(W_SIGNED)
  ) offset_w (
      .q(w),
      .zero_point(zw),
      .v(w_v)
  );

  assign x_x = {{(P_W - X_W - 1) {x_v[X_W]}}, x_v};
  assign w_x = {{(P_W - W_W - 1) {w_v[W_W]}}, w_v};
  assign product = x_x * w_x;

  generate
    if (E_W > P_W) begin : extend
      assign product_x = {{(E_W - P_W) {product[P_W-1]}}, product};
    end else begin : whole
      assign product_x = product;
    end
  endgenerate

  always_ff @(posedge clk) begin
    acc_valid <= valid & last & ~rst;
    if (valid) acc <= (first ? bias : acc) + product_x[ACC_W-1:0];
  end
endmodule
