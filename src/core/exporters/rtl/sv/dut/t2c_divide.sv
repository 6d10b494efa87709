// quotient = numerator div denominator, rounded down; restoring, one bit each clock, N_W clocks. Unsigned.
// start loads both; done is high for one clock with the quotient. A denominator of 0 is never asked for.
module t2c_divide #(
    parameter int N_W = 32,
    parameter int D_W = 32
) (
    input  logic           clk,
    input  logic           rst,
    input  logic           start,
    input  logic [N_W-1:0] numerator,
    input  logic [D_W-1:0] denominator,
    output logic           done,
    output logic [N_W-1:0] quotient
);
  localparam int C_W = $clog2(N_W + 1);

  logic [D_W-1:0] rest;
  logic [  D_W:0] trial;
  logic [D_W-1:0] by;
  logic [N_W-1:0] work;
  logic [C_W-1:0] left;
  logic           fits;

  assign trial = {rest, work[N_W-1]};
  assign fits = trial >= {1'b0, by};
  assign quotient = work;

  always_ff @(posedge clk) begin
    done <= 1'b0;
    if (rst) begin
      left <= {C_W{1'b0}};
    end else if (start) begin
      rest <= {D_W{1'b0}};
      by   <= denominator;
      work <= numerator;
      left <= N_W[C_W-1:0];
    end else if (left != {C_W{1'b0}}) begin
      rest <= fits ? trial[D_W-1:0] - by : trial[D_W-1:0];
      work <= {work[N_W-2:0], fits};
      left <= left - {{(C_W - 1) {1'b0}}, 1'b1};
      done <= left == {{(C_W - 1) {1'b0}}, 1'b1};
    end
  end
endmodule
