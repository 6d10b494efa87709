// What the accumulator's register keeps of the exact sum. Combinational. LIMIT: 0 keeps all of it; b > 0 saturates at b bits;
// b < 0 wraps at -b bits (what is left modulo 2^-b). A register of ACC_W bits or more keeps all of it.
module t2c_register #(
    parameter int ACC_W = 32,
    parameter int LIMIT = 0
) (
    input  logic signed [ACC_W-1:0] sum,
    output logic signed [ACC_W-1:0] acc
);
  localparam int B = LIMIT < 0 ? -LIMIT : LIMIT;

  generate
    if (LIMIT == 0 || B >= ACC_W) begin : whole
      assign acc = sum;
    end else if (LIMIT < 0) begin : wraps
      assign acc = {{(ACC_W - B) {sum[B-1]}}, sum[B-1:0]};
    end else begin : saturates
      logic fits;
      assign fits = sum[ACC_W-1:B-1] == {(ACC_W - B + 1) {sum[ACC_W-1]}};
      assign acc = fits ? sum : {{(ACC_W - B + 1) {sum[ACC_W-1]}}, {(B - 1) {~sum[ACC_W-1]}}};
    end
  endgenerate
endmodule
