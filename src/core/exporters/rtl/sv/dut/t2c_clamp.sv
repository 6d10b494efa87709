// clamp(zero_point + v, lo, hi), as the OUT_W bits of the output. Combinational.
// zero_point, lo and hi have one bit more than the output, so that they are signed whether it is or not.
module t2c_clamp #(
    parameter int V_W = 48,
    parameter int OUT_W = 8
) (
    input  logic signed [  V_W-1:0] v,
    input  logic signed [  OUT_W:0] zero_point,
    input  logic signed [  OUT_W:0] lo,
    input  logic signed [  OUT_W:0] hi,
    output logic        [OUT_W-1:0] y
);
  localparam int M_W = V_W > OUT_W + 1 ? V_W : OUT_W + 1;
  localparam int S_W = M_W + 1;

  logic signed [S_W-1:0] v_x;
  logic signed [S_W-1:0] zero_x;
  logic signed [S_W-1:0] lo_x;
  logic signed [S_W-1:0] hi_x;
  logic signed [S_W-1:0] sum;

  assign v_x = {{(S_W - V_W) {v[V_W-1]}}, v};
  assign zero_x = {{(S_W - OUT_W - 1) {zero_point[OUT_W]}}, zero_point};
  assign lo_x = {{(S_W - OUT_W - 1) {lo[OUT_W]}}, lo};
  assign hi_x = {{(S_W - OUT_W - 1) {hi[OUT_W]}}, hi};
  assign sum = v_x + zero_x;
  assign y = sum < lo_x ? lo[OUT_W-1:0] : sum > hi_x ? hi[OUT_W-1:0] : sum[OUT_W-1:0];
endmodule
