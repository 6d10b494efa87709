// root = the largest integer whose square is not above v; one bit of it each clock, (V_W + 1) / 2 clocks. Unsigned, exact.
// start loads v; done is high for one clock with the root.
module t2c_isqrt #(
    parameter int V_W = 62
) (
    input  logic                 clk,
    input  logic                 rst,
    input  logic                 start,
    input  logic [      V_W-1:0] v,
    output logic                 done,
    output logic [(V_W+1)/2-1:0] root
);
  localparam int R_W = (V_W + 1) / 2;
  localparam int C_W = $clog2(R_W + 1);

  logic [2*R_W-1:0] v_x;
  logic [2*R_W-1:0] work;
  logic [  R_W-1:0] found;
  /* verilator lint_off UNUSED */
  logic [  R_W+1:0] rest;
  logic [  R_W+1:0] left_over;
  /* verilator lint_on UNUSED */
  logic [  R_W+1:0] trial;
  logic [  R_W+1:0] seen;
  logic [  C_W-1:0] left;
  logic             fits;

  // two more bits of v come down; does 4 * found + 1 go into what is there?
  assign seen = {rest[R_W-1:0], work[2*R_W-1-:2]};
  assign trial = {found, 2'b01};
  assign fits = seen >= trial;
  assign left_over = fits ? seen - trial : seen;
  assign root = found;

  generate
    if (2 * R_W > V_W) begin : odd
      assign v_x = {1'b0, v};
    end else begin : even
      assign v_x = v;
    end
  endgenerate

  always_ff @(posedge clk) begin
    done <= 1'b0;
    if (rst) begin
      left <= {C_W{1'b0}};
    end else if (start) begin
      work  <= v_x;
      found <= {R_W{1'b0}};
      rest  <= {(R_W + 2) {1'b0}};
      left  <= R_W[C_W-1:0];
    end else if (left != {C_W{1'b0}}) begin
      work  <= {work[2*R_W-3:0], 2'b00};
      rest  <= left_over;
      found <= {found[R_W-2:0], fits};
      left  <= left - {{(C_W - 1) {1'b0}}, 1'b1};
      done  <= left == {{(C_W - 1) {1'b0}}, 1'b1};
    end
  end
endmodule
