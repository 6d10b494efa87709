// q - zero_point as a signed number of Q_W + 1 bits, for an operand q that is signed or not. Combinational.
module t2c_offset #(
    parameter int Q_W = 8,
    parameter int Q_SIGNED = 0
) (
    input  logic        [Q_W-1:0] q,
    input  logic signed [  Q_W:0] zero_point,
    output logic signed [  Q_W:0] v
);
  logic signed [Q_W:0] q_x;

  generate
    if (Q_SIGNED != 0) begin : is_signed
      assign q_x = {q[Q_W-1], q};
    end else begin : is_unsigned
      assign q_x = {1'b0, q};
    end
  endgenerate

  // zero points lie in the range of q, so the difference has one bit more than q
  assign v = q_x - zero_point;
endmodule
