// A function by its table: y = table[x - offset]. The table is outside: table_data answers table_addr in the same clock.
// done is high for one clock with y, the clock after valid.
module t2c_lut #(
    parameter int X_W = 8,
    parameter int X_SIGNED = 0,
    parameter int OUT_W = 8
) (
    input  logic                    clk,
    input  logic                    rst,
    input  logic                    valid,
    input  logic        [  X_W-1:0] x,
    input  logic signed [    X_W:0] offset,
    output logic        [  X_W-1:0] table_addr,
    input  logic        [OUT_W-1:0] table_data,
    output logic                    done,
    output logic        [OUT_W-1:0] y
);
  // never negative: offset is the lower end of the range of x
  /* verilator lint_off UNUSED */
  logic signed [X_W:0] x_v;
  /* verilator lint_on UNUSED */

  t2c_offset #(
      .Q_W(X_W),
      .Q_SIGNED(X_SIGNED)
  ) offset_x (
      .q(x),
      .zero_point(offset),
      .v(x_v)
  );

  assign table_addr = x_v[X_W-1:0];

  always_ff @(posedge clk) begin
    done <= valid & ~rst;
    if (valid) y <= table_data;
  end
endmodule
