// Average of a window or along axes: acc = sum of (x - zx), an element each clock, then
// y = clamp(zy + round(acc * mul / 2^shift), lo, hi), where mul includes 1/N. Elements outside of the tensor come as zx.
// first, last and done as in t2c_linear; mul and shift are held until done.
module t2c_sum #(
    parameter int X_W = 8,
    parameter int X_SIGNED = 0,
    parameter int ACC_W = 24,
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
    input  logic signed [    X_W:0] zx,
    input  logic signed [MUL_W-1:0] mul,
    input  logic        [      5:0] shift,
    input  logic signed [  OUT_W:0] zy,
    input  logic signed [  OUT_W:0] lo,
    input  logic signed [  OUT_W:0] hi,
    output logic                    done,
    output logic signed [ACC_W-1:0] acc,
    output logic        [OUT_W-1:0] y
);
  localparam int E_W = X_W + 1 > ACC_W ? X_W + 1 : ACC_W + 1;

  logic signed [    X_W:0] x_v;
  /* verilator lint_off UNUSED */
  logic signed [  E_W-1:0] x_x;
  /* verilator lint_on UNUSED */
  logic signed [ACC_W-1:0] sum;
  logic signed [ACC_W-1:0] held;
  logic                    sum_valid;

  t2c_offset #(
      .Q_W(X_W),
      .Q_SIGNED(X_SIGNED)
  ) offset (
      .q(x),
      .zero_point(zx),
      .v(x_v)
  );

  generate
    if (E_W > X_W + 1) begin : extend
      assign x_x = {{(E_W - X_W - 1) {x_v[X_W]}}, x_v};
    end else begin : whole
      assign x_x = x_v;
    end
  endgenerate

  t2c_register #(
      .ACC_W(ACC_W),
      .LIMIT(LIMIT)
  ) register (
      .sum(sum),
      .acc(held)
  );

  always_ff @(posedge clk) begin
    sum_valid <= valid & last & ~rst;
    done <= sum_valid & ~rst;
    if (valid) sum <= (first ? {ACC_W{1'b0}} : sum) + x_x[ACC_W-1:0];
    if (sum_valid) acc <= held;
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
