// Layer normalization of one row of C elements (RMS: without the mean). Elements come in one each clock (valid); after the C-th,
// done is high for one clock per element, in the same order, with its output:
//   c = (C * x - sum(x)) >>> T            RMS: (C * (x - zx)) >>> T
//   V = (sum(c * c) << 2F) + e            D = max(1, isqrt(V))
//   MODE 0 divide: u = sign(c) * (((|c| << (K + F)) + (D >> 1)) div D)
//   MODE 1 reciprocal: R = (1 << (K + F + 31)) div D, u = sign(c) * ((|c| * R + 2^30) >> 31)
//   y = clamp(zy + round((u * g + h) / 2^shift), lo, hi)
// V_W and C_W are what was proved for V (without a sign) and c (before the shift). g and h are outside and answer param_addr in the
// same clock. The next row may come in the clock after the last done.
module t2c_layernorm #(
    parameter int X_W = 8,
    parameter int X_SIGNED = 1,
    parameter int C = 64,
    parameter int C_W = 16,
    parameter int V_W = 48,
    parameter int T = 0,
    parameter int F = 0,
    parameter int K = 16,
    parameter int RMS = 0,
    parameter int MODE = 0,
    parameter int G_W = 16,
    parameter int H_W = 48,
    parameter int OUT_W = 8,
    parameter int ROUNDING = 0,
    parameter int A_W = 6
) (
    input  logic                  clk,
    input  logic                  rst,
    input  logic                  valid,
    input  logic        [X_W-1:0] x,
    input  logic signed [  X_W:0] zx,
    input  logic        [V_W-1:0] e,
    output logic        [A_W-1:0] param_addr,
    input  logic signed [G_W-1:0] g,
    input  logic signed [H_W-1:0] h,
    input  logic        [    5:0] shift,
    input  logic signed [OUT_W:0] zy,
    input  logic signed [OUT_W:0] lo,
    input  logic signed [OUT_W:0] hi,
    output logic                  done,
    output logic      [OUT_W-1:0] y
);
  // V before F and e, the square of c, and the larger of them and V
  localparam int Q_W = 2 * C_W > V_W ? 2 * C_W : V_W;
  localparam int D_W = (V_W + 1) / 2;
  localparam int N_W = MODE == 1 ? K + F + 32 : C_W + K + F;
  localparam int U_W = K + 2;
  localparam int M_W = C_W + N_W + 1;
  localparam int L_W = (U_W + G_W > H_W ? U_W + G_W : H_W) + 1;

  localparam logic [2:0] LOAD = 3'd0;
  localparam logic [2:0] SQUARE = 3'd1;
  localparam logic [2:0] ROOT = 3'd2;
  localparam logic [2:0] WAIT_ROOT = 3'd3;
  localparam logic [2:0] START = 3'd4;
  localparam logic [2:0] WAIT = 3'd5;
  localparam logic [2:0] SCALE = 3'd6;
  localparam logic [2:0] EMIT = 3'd7;

  logic        [    2:0] state;
  logic        [X_W-1:0] row             [0:C-1];
  logic        [A_W-1:0] i;
  logic signed [  X_W:0] x_v;
  logic signed [  X_W:0] entry_v;
  logic signed [C_W-1:0] x_x;
  logic signed [C_W-1:0] entry_x;
  logic signed [C_W-1:0] zx_x;
  logic signed [C_W-1:0] sum;
  logic signed [C_W-1:0] middle;
  logic signed [C_W-1:0] whole_c;
  logic signed [C_W-1:0] c;
  logic        [C_W-1:0] size;
  logic        [Q_W-1:0] size_q;
  logic        [Q_W-1:0] squares;
  logic        [D_W-1:0] root;
  logic        [D_W-1:0] by;
  logic                  rooted;
  logic        [N_W-1:0] numerator;
  logic                  divided;
  logic signed [L_W-1:0] u_x;
  logic signed [L_W-1:0] g_x;
  logic signed [L_W-1:0] h_x;
  logic signed [L_W-1:0] line;
  logic signed [L_W-1:0] scaled;
  /* verilator lint_off UNUSED */
  logic        [Q_W-1:0] v;
  logic        [N_W-1:0] quotient;
  logic        [M_W-1:0] product;
  logic        [M_W-1:0] unrounded;
  /* verilator lint_on UNUSED */
  logic        [U_W-1:0] u;

  t2c_offset #(
      .Q_W(X_W),
      .Q_SIGNED(X_SIGNED)
  ) widen_x (
      .q(x),
      .zero_point({(X_W + 1) {1'b0}}),
      .v(x_v)
  );
  t2c_offset #(
      .Q_W(X_W),
      .Q_SIGNED(X_SIGNED)
  ) widen_entry (
      .q(row[i]),
      .zero_point({(X_W + 1) {1'b0}}),
      .v(entry_v)
  );

  // modulo 2^C_W, in which the difference fits although its parts do not
  assign x_x = {{(C_W - X_W - 1) {x_v[X_W]}}, x_v};
  assign entry_x = {{(C_W - X_W - 1) {entry_v[X_W]}}, entry_v};
  assign zx_x = {{(C_W - X_W - 1) {zx[X_W]}}, zx};
  assign middle = RMS != 0 ? C[C_W-1:0] * zx_x : sum;
  assign whole_c = C[C_W-1:0] * entry_x - middle;
  assign c = whole_c >>> T;
  assign size = c[C_W-1] ? -c : c;

  assign size_q = {{(Q_W - C_W) {1'b0}}, size};
  assign v = (squares << (2 * F)) + {{(Q_W - V_W) {1'b0}}, e};

  t2c_isqrt #(
      .V_W(V_W)
  ) isqrt (
      .clk(clk),
      .rst(rst),
      .start(state == ROOT),
      .v(v[V_W-1:0]),
      .done(rooted),
      .root(root)
  );

  assign by = root == {D_W{1'b0}} ? {{(D_W - 1) {1'b0}}, 1'b1} : root;

  generate
    if (MODE == 0) begin : each
      localparam int B_W = D_W > N_W ? D_W : N_W;
      /* verilator lint_off UNUSED */
      logic [B_W-1:0] half;
      /* verilator lint_on UNUSED */
      if (B_W > D_W) begin : extend
        assign half = {{(B_W - D_W) {1'b0}}, by} >> 1;
      end else begin : whole
        assign half = by >> 1;
      end
      assign numerator = {size, {(K + F) {1'b0}}} + half[N_W-1:0];
      assign product = {M_W{1'b0}};
      assign unrounded = {{(M_W - N_W) {1'b0}}, quotient};
    end else begin : once
      assign numerator = {1'b1, {(K + F + 31) {1'b0}}};
      assign product = {{(M_W - C_W) {1'b0}}, size} * {{(M_W - N_W) {1'b0}}, quotient} + {{(M_W - 31) {1'b0}}, 1'b1, 30'd0};
      assign unrounded = product >> 31;
    end
  endgenerate

  t2c_divide #(
      .N_W(N_W),
      .D_W(D_W)
  ) divide (
      .clk(clk),
      .rst(rst),
      .start(state == START),
      .numerator(numerator),
      .denominator(by),
      .done(divided),
      .quotient(quotient)
  );

  assign param_addr = i;
  // |u| is at most 2^K
  assign u = c[C_W-1] ? -unrounded[U_W-1:0] : unrounded[U_W-1:0];
  assign u_x = {{(L_W - U_W) {u[U_W-1]}}, u};
  assign g_x = {{(L_W - G_W) {g[G_W-1]}}, g};
  assign h_x = {{(L_W - H_W) {h[H_W-1]}}, h};

  t2c_round #(
      .V_W(L_W),
      .ROUNDING(ROUNDING)
  ) round (
      .v(line),
      .shift(shift),
      .q(scaled)
  );
  logic [OUT_W-1:0] clamped;
  t2c_clamp #(
      .V_W  (L_W),
      .OUT_W(OUT_W)
  ) clamp (
      .v(scaled),
      .zero_point(zy),
      .lo(lo),
      .hi(hi),
      .y(clamped)
  );

  localparam int LAST = C - 1;
  logic at_last;
  assign at_last = i == LAST[A_W-1:0];

  always_ff @(posedge clk) begin
    done <= 1'b0;
    if (rst) begin
      state   <= LOAD;
      i       <= {A_W{1'b0}};
      sum     <= {C_W{1'b0}};
      squares <= {Q_W{1'b0}};
    end else begin
      case (state)
        LOAD:
        if (valid) begin
          row[i] <= x;
          sum    <= sum + x_x;
          i      <= at_last ? {A_W{1'b0}} : i + {{(A_W - 1) {1'b0}}, 1'b1};
          if (at_last) state <= SQUARE;
        end
        SQUARE: begin
          squares <= squares + size_q * size_q;
          i       <= at_last ? {A_W{1'b0}} : i + {{(A_W - 1) {1'b0}}, 1'b1};
          if (at_last) state <= ROOT;
        end
        ROOT: state <= WAIT_ROOT;
        WAIT_ROOT: if (rooted) state <= START;
        START: state <= WAIT;
        WAIT: if (divided) state <= SCALE;
        SCALE: begin
          line  <= u_x * g_x + h_x;
          state <= EMIT;
        end
        default: begin
          done <= 1'b1;
          y    <= clamped;
          i    <= at_last ? {A_W{1'b0}} : i + {{(A_W - 1) {1'b0}}, 1'b1};
          if (at_last) begin
            state   <= LOAD;
            sum     <= {C_W{1'b0}};
            squares <= {Q_W{1'b0}};
          end else state <= MODE == 0 ? START : SCALE;
        end
      endcase
    end
  end
endmodule
