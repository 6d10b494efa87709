// The largest element of a window, one element each clock. Elements outside of the tensor come as the lower end of its range.
// first, last and done as in t2c_linear.
module t2c_max #(
    parameter int X_W = 8,
    parameter int X_SIGNED = 0
) (
    input  logic           clk,
    input  logic           rst,
    input  logic           valid,
    input  logic           first,
    input  logic           last,
    input  logic [X_W-1:0] x,
    output logic           done,
    output logic [X_W-1:0] y
);
  logic above;

  generate
    if (X_SIGNED != 0) begin : is_signed
      assign above = $signed(x) > $signed(y);
    end else begin : is_unsigned
      assign above = x > y;
    end
  endgenerate

  always_ff @(posedge clk) begin
    done <= valid & last & ~rst;
    if (valid && (first || above)) y <= x;
  end
endmodule
