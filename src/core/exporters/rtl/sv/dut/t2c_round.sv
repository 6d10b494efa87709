// v / 2^shift, rounded: the one place where anything is rounded. Combinational.
// ROUNDING: 0 half-up, 1 half-even, 2 half-away, 3 floor. A shift of 0 gives v. Law: exact for every v of V_W bits.
module t2c_round #(
    parameter int V_W = 48,
    parameter int ROUNDING = 0
) (
    input  logic signed [V_W-1:0] v,
    input  logic        [    5:0] shift,
    output logic signed [V_W-1:0] q
);
  // wide enough for every shift: what lies beyond V_W are copies of the sign
  localparam int R_W = V_W > 64 ? V_W : 64;

  logic signed [R_W-1:0] wide;
  /* verilator lint_off UNUSED */
  logic signed [R_W-1:0] down;
  logic        [R_W-1:0] rest;
  logic                  half;
  logic                  sticky;
  /* verilator lint_on UNUSED */
  logic                  up;

  generate
    if (V_W < R_W) begin : extend
      assign wide = {{(R_W - V_W) {v[V_W-1]}}, v};
    end else begin : whole
      assign wide = v;
    end
  endgenerate

  assign down = wide >>> shift;
  // the bits that fall off, moved to the top: half is the first of them, sticky the others
  assign rest = shift == 6'd0 ? {R_W{1'b0}} : wide << (R_W - {{(32 - 6) {1'b0}}, shift});
  assign half = rest[R_W-1];
  assign sticky = |rest[R_W-2:0];

  generate
    if (ROUNDING == 0) begin : half_up
      assign up = half;
    end else if (ROUNDING == 1) begin : half_even
      assign up = half & (sticky | down[0]);
    end else if (ROUNDING == 2) begin : half_away
      assign up = half & (sticky | ~wide[R_W-1]);
    end else begin : to_floor
      assign up = 1'b0;
    end
  endgenerate

  assign q = down[V_W-1:0] + {{(V_W - 1) {1'b0}}, up};
endmodule
