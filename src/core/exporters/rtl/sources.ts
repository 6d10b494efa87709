/** The SystemVerilog beside this file, by path below sv/, made by scripts/embed-rtl.mjs: do not edit. */
export const rtlSources: Readonly<Record<string, string>> = {
  'dut/t2c_add.sv': String.raw`// Sum or difference of two tensors: y = clamp(zy + round(((a - za) * mul_a + (b - zb) * mul_b) / 2^shift), lo, hi), rounded once;
// of a difference, mul_b is negative. done is high for one clock with y, the clock after valid.
module t2c_add #(
    parameter int A_W = 8,
    parameter int A_SIGNED = 0,
    parameter int B_W = 8,
    parameter int B_SIGNED = 0,
    parameter int MUL_W = 24,
    parameter int OUT_W = 8,
    parameter int ROUNDING = 0
) (
    input  logic                    clk,
    input  logic                    rst,
    input  logic                    valid,
    input  logic        [  A_W-1:0] a,
    input  logic        [  B_W-1:0] b,
    input  logic signed [    A_W:0] za,
    input  logic signed [    B_W:0] zb,
    input  logic signed [MUL_W-1:0] mul_a,
    input  logic signed [MUL_W-1:0] mul_b,
    input  logic        [      5:0] shift,
    input  logic signed [  OUT_W:0] zy,
    input  logic signed [  OUT_W:0] lo,
    input  logic signed [  OUT_W:0] hi,
    output logic                    done,
    output logic        [OUT_W-1:0] y
);
  localparam int V_W = (A_W > B_W ? A_W : B_W) + 1;
  localparam int P_W = V_W + MUL_W + 1;

  logic signed [  A_W:0] a_v;
  logic signed [  B_W:0] b_v;
  logic signed [P_W-1:0] a_x;
  logic signed [P_W-1:0] b_x;
  logic signed [P_W-1:0] mul_a_x;
  logic signed [P_W-1:0] mul_b_x;
  logic signed [P_W-1:0] sum;
  logic signed [P_W-1:0] scaled;

  t2c_offset #(
      .Q_W(A_W),
      .Q_SIGNED(A_SIGNED)
  ) offset_a (
      .q(a),
      .zero_point(za),
      .v(a_v)
  );
  t2c_offset #(
      .Q_W(B_W),
      .Q_SIGNED(B_SIGNED)
  ) offset_b (
      .q(b),
      .zero_point(zb),
      .v(b_v)
  );

  assign a_x = {{(P_W - A_W - 1) {a_v[A_W]}}, a_v};
  assign b_x = {{(P_W - B_W - 1) {b_v[B_W]}}, b_v};
  assign mul_a_x = {{(P_W - MUL_W) {mul_a[MUL_W-1]}}, mul_a};
  assign mul_b_x = {{(P_W - MUL_W) {mul_b[MUL_W-1]}}, mul_b};

  always_ff @(posedge clk) begin
    done <= valid & ~rst;
    if (valid) sum <= a_x * mul_a_x + b_x * mul_b_x;
  end

  t2c_round #(
      .V_W(P_W),
      .ROUNDING(ROUNDING)
  ) round (
      .v(sum),
      .shift(shift),
      .q(scaled)
  );
  t2c_clamp #(
      .V_W  (P_W),
      .OUT_W(OUT_W)
  ) clamp (
      .v(scaled),
      .zero_point(zy),
      .lo(lo),
      .hi(hi),
      .y(y)
  );
endmodule
`,
  'dut/t2c_clamp.sv': String.raw`// clamp(zero_point + v, lo, hi), as the OUT_W bits of the output. Combinational.
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
`,
  'dut/t2c_divide.sv': String.raw`// quotient = numerator div denominator, rounded down; restoring, one bit each clock, N_W clocks. Unsigned.
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
`,
  'dut/t2c_isqrt.sv': String.raw`// root = the largest integer whose square is not above v; one bit of it each clock, (V_W + 1) / 2 clocks. Unsigned, exact.
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
`,
  'dut/t2c_layernorm.sv': String.raw`// Layer normalization of one row of C elements (RMS: without the mean). Elements come in one each clock (valid); after the C-th,
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
`,
  'dut/t2c_linear.sv': String.raw`// One output of a convolution, a Gemm or a MatMul: products in, one each clock; out come the accumulator (bias included)
// and y = clamp(zy + round(acc * mul / 2^shift), lo, hi). done is high for one clock with both.
// bias, mul, shift, zx, zw, zy, lo and hi are held from first until done.
module t2c_linear #(
    parameter int X_W = 8,
    parameter int X_SIGNED = 0,
    parameter int W_W = 8,
    parameter int W_SIGNED = 1,
    parameter int ACC_W = 32,
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
    input  logic        [  W_W-1:0] w,
    input  logic signed [    X_W:0] zx,
    input  logic signed [    W_W:0] zw,
    input  logic signed [ACC_W-1:0] bias,
    input  logic signed [MUL_W-1:0] mul,
    input  logic        [      5:0] shift,
    input  logic signed [  OUT_W:0] zy,
    input  logic signed [  OUT_W:0] lo,
    input  logic signed [  OUT_W:0] hi,
    output logic                    done,
    output logic signed [ACC_W-1:0] acc,
    output logic        [OUT_W-1:0] y
);
  logic                    total_valid;
  logic signed [ACC_W-1:0] total;
  logic signed [ACC_W-1:0] held;

  t2c_mac #(
      .X_W(X_W),
      .X_SIGNED(X_SIGNED),
      .W_W(W_W),
      .W_SIGNED(W_SIGNED),
      .ACC_W(ACC_W)
  ) mac (
      .clk(clk),
      .rst(rst),
      .valid(valid),
      .first(first),
      .last(last),
      .x(x),
      .w(w),
      .zx(zx),
      .zw(zw),
      .bias(bias),
      .acc_valid(total_valid),
      .acc(total)
  );

  t2c_register #(
      .ACC_W(ACC_W),
      .LIMIT(LIMIT)
  ) register (
      .sum(total),
      .acc(held)
  );

  // a register of its own: the wide multiplier below stands still while products come in
  always_ff @(posedge clk) begin
    done <= total_valid & ~rst;
    if (total_valid) acc <= held;
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
`,
  'dut/t2c_linear_deferred.sv': String.raw`// As t2c_linear, for a product that divides for the softmax before it: x are its exponentials (unsigned, zero point 0),
// S their sum, R = 2^30 div S (0 where S is 0) and y = clamp(zy + round(acc * R * mul / 2^shift), lo, hi); acc itself is undivided.
// S_W holds S; done comes some 32 clocks after last.
module t2c_linear_deferred #(
    parameter int X_W = 8,
    parameter int W_W = 8,
    parameter int W_SIGNED = 1,
    parameter int ACC_W = 32,
    parameter int S_W = 24,
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
    input  logic        [  W_W-1:0] w,
    input  logic signed [    W_W:0] zw,
    input  logic signed [MUL_W-1:0] mul,
    input  logic        [      5:0] shift,
    input  logic signed [  OUT_W:0] zy,
    input  logic signed [  OUT_W:0] lo,
    input  logic signed [  OUT_W:0] hi,
    output logic                    done,
    output logic signed [ACC_W-1:0] acc,
    output logic        [OUT_W-1:0] y
);
  localparam int R_W = 31;
  localparam int P_W = ACC_W + R_W + 1;

  logic                    total_valid;
  logic                    divided;
  logic        [  S_W-1:0] sum;
  logic        [  R_W-1:0] quotient;
  logic        [  R_W-1:0] inverse;
  logic signed [ACC_W-1:0] total;
  logic signed [ACC_W-1:0] held;
  logic signed [  P_W-1:0] acc_x;
  logic signed [  P_W-1:0] inverse_x;
  logic signed [  P_W-1:0] scaled;

  t2c_mac #(
      .X_W(X_W),
      .X_SIGNED(0),
      .W_W(W_W),
      .W_SIGNED(W_SIGNED),
      .ACC_W(ACC_W)
  ) mac (
      .clk(clk),
      .rst(rst),
      .valid(valid),
      .first(first),
      .last(last),
      .x(x),
      .w(w),
      .zx({(X_W + 1) {1'b0}}),
      .zw(zw),
      .bias({ACC_W{1'b0}}),
      .acc_valid(total_valid),
      .acc(total)
  );

  t2c_register #(
      .ACC_W(ACC_W),
      .LIMIT(LIMIT)
  ) register (
      .sum(total),
      .acc(held)
  );

  t2c_divide #(
      .N_W(R_W),
      .D_W(S_W)
  ) divide (
      .clk(clk),
      .rst(rst),
      .start(total_valid),
      .numerator({1'b1, 30'd0}),
      .denominator(sum),
      .done(divided),
      .quotient(quotient)
  );

  always_ff @(posedge clk) begin
    done <= divided & ~rst;
    if (valid) sum <= (first ? {S_W{1'b0}} : sum) + {{(S_W - X_W) {1'b0}}, x};
    if (total_valid) acc <= held;
    if (divided) inverse <= sum == {S_W{1'b0}} ? {R_W{1'b0}} : quotient;
  end

  assign acc_x = {{(P_W - ACC_W) {acc[ACC_W-1]}}, acc};
  assign inverse_x = {{(P_W - R_W) {1'b0}}, inverse};
  assign scaled = acc_x * inverse_x;

  t2c_requant #(
      .ACC_W(P_W),
      .MUL_W(MUL_W),
      .OUT_W(OUT_W),
      .ROUNDING(ROUNDING)
  ) requant (
      .acc(scaled),
      .mul(mul),
      .shift(shift),
      .zero_point(zy),
      .lo(lo),
      .hi(hi),
      .y(y)
  );
endmodule
`,
  'dut/t2c_linear_rows.sv': String.raw`// As t2c_linear, for inputs with a scale per token: acc is without bias, and
// y = clamp(zy + round((acc * row_mul + bias) * mul / 2^shift), lo, hi), rounded once. TOTAL_W holds acc * row_mul + bias.
module t2c_linear_rows #(
    parameter int X_W = 8,
    parameter int X_SIGNED = 0,
    parameter int W_W = 8,
    parameter int W_SIGNED = 1,
    parameter int ACC_W = 32,
    parameter int ROW_W = 16,
    parameter int TOTAL_W = 48,
    parameter int MUL_W = 16,
    parameter int OUT_W = 8,
    parameter int ROUNDING = 0,
    parameter int LIMIT = 0
) (
    input  logic                      clk,
    input  logic                      rst,
    input  logic                      valid,
    input  logic                      first,
    input  logic                      last,
    input  logic        [    X_W-1:0] x,
    input  logic        [    W_W-1:0] w,
    input  logic signed [      X_W:0] zx,
    input  logic signed [      W_W:0] zw,
    input  logic signed [  ROW_W-1:0] row_mul,
    input  logic signed [TOTAL_W-1:0] bias,
    input  logic signed [  MUL_W-1:0] mul,
    input  logic        [        5:0] shift,
    input  logic signed [    OUT_W:0] zy,
    input  logic signed [    OUT_W:0] lo,
    input  logic signed [    OUT_W:0] hi,
    output logic                      done,
    output logic signed [  ACC_W-1:0] acc,
    output logic        [  OUT_W-1:0] y
);
  localparam int P_W = ACC_W + ROW_W;
  localparam int E_W = P_W > TOTAL_W ? P_W : TOTAL_W + 1;

  logic                      sum_valid;
  logic                      acc_valid;
  logic signed [  ACC_W-1:0] sum;
  logic signed [  ACC_W-1:0] held;
  logic signed [    P_W-1:0] acc_x;
  logic signed [    P_W-1:0] row_x;
  logic signed [    P_W-1:0] product;
  /* verilator lint_off UNUSED */
  logic signed [    E_W-1:0] product_x;
  /* verilator lint_on UNUSED */
  logic signed [TOTAL_W-1:0] total;

  t2c_mac #(
      .X_W(X_W),
      .X_SIGNED(X_SIGNED),
      .W_W(W_W),
      .W_SIGNED(W_SIGNED),
      .ACC_W(ACC_W)
  ) mac (
      .clk(clk),
      .rst(rst),
      .valid(valid),
      .first(first),
      .last(last),
      .x(x),
      .w(w),
      .zx(zx),
      .zw(zw),
      .bias({ACC_W{1'b0}}),
      .acc_valid(sum_valid),
      .acc(sum)
  );

  t2c_register #(
      .ACC_W(ACC_W),
      .LIMIT(LIMIT)
  ) register (
      .sum(sum),
      .acc(held)
  );

  assign acc_x = {{ROW_W{acc[ACC_W-1]}}, acc};
  assign row_x = {{ACC_W{row_mul[ROW_W-1]}}, row_mul};
  assign product = acc_x * row_x;

  generate
    if (E_W > P_W) begin : extend
      assign product_x = {{(E_W - P_W) {product[P_W-1]}}, product};
    end else begin : whole
      assign product_x = product;
    end
  endgenerate

  always_ff @(posedge clk) begin
    acc_valid <= sum_valid & ~rst;
    done <= acc_valid & ~rst;
    if (sum_valid) acc <= held;
    if (acc_valid) total <= product_x[TOTAL_W-1:0] + bias;
  end

  t2c_requant #(
      .ACC_W(TOTAL_W),
      .MUL_W(MUL_W),
      .OUT_W(OUT_W),
      .ROUNDING(ROUNDING)
  ) requant (
      .acc(total),
      .mul(mul),
      .shift(shift),
      .zero_point(zy),
      .lo(lo),
      .hi(hi),
      .y(y)
  );
endmodule
`,
  'dut/t2c_lut.sv': String.raw`// A function by its table: y = table[x - offset]. The table is outside: table_data answers table_addr in the same clock.
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
`,
  'dut/t2c_mac.sv': String.raw`// One multiplier and one accumulator: acc = bias + sum over k of (x - zx) * (w - zw), a product each clock.
// first starts a sum with bias, last ends it; acc_valid is high for one clock after that, with acc.
// ACC_W holds the total (proved); partial sums wrap around and do no harm.
module t2c_mac #(
    parameter int X_W = 8,
    parameter int X_SIGNED = 0,
    parameter int W_W = 8,
    parameter int W_SIGNED = 1,
    parameter int ACC_W = 32
) (
    input  logic                    clk,
    input  logic                    rst,
    input  logic                    valid,
    input  logic                    first,
    input  logic                    last,
    input  logic        [  X_W-1:0] x,
    input  logic        [  W_W-1:0] w,
    input  logic signed [    X_W:0] zx,
    input  logic signed [    W_W:0] zw,
    input  logic signed [ACC_W-1:0] bias,
    output logic                    acc_valid,
    output logic signed [ACC_W-1:0] acc
);
  localparam int P_W = X_W + W_W + 2;
  localparam int E_W = P_W > ACC_W ? P_W : ACC_W + 1;

  logic signed [  X_W:0] x_v;
  logic signed [  W_W:0] w_v;
  logic signed [P_W-1:0] x_x;
  logic signed [P_W-1:0] w_x;
  logic signed [P_W-1:0] product;
  /* verilator lint_off UNUSED */
  logic signed [E_W-1:0] product_x;
  /* verilator lint_on UNUSED */

  t2c_offset #(
      .Q_W(X_W),
      .Q_SIGNED(X_SIGNED)
  ) offset_x (
      .q(x),
      .zero_point(zx),
      .v(x_v)
  );
  t2c_offset #(
      .Q_W(W_W),
      .Q_SIGNED(W_SIGNED)
  ) offset_w (
      .q(w),
      .zero_point(zw),
      .v(w_v)
  );

  assign x_x = {{(P_W - X_W - 1) {x_v[X_W]}}, x_v};
  assign w_x = {{(P_W - W_W - 1) {w_v[W_W]}}, w_v};
  assign product = x_x * w_x;

  generate
    if (E_W > P_W) begin : extend
      assign product_x = {{(E_W - P_W) {product[P_W-1]}}, product};
    end else begin : whole
      assign product_x = product;
    end
  endgenerate

  always_ff @(posedge clk) begin
    acc_valid <= valid & last & ~rst;
    if (valid) acc <= (first ? bias : acc) + product_x[ACC_W-1:0];
  end
endmodule
`,
  'dut/t2c_max.sv': String.raw`// The largest element of a window, one element each clock. Elements outside of the tensor come as the lower end of its range.
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
`,
  'dut/t2c_mul.sv': String.raw`// Product of two tensors: y = clamp(zy + round((a - za) * (b - zb) * mul / 2^shift), lo, hi).
// done is high for one clock with y, the clock after valid.
module t2c_mul #(
    parameter int A_W = 8,
    parameter int A_SIGNED = 0,
    parameter int B_W = 8,
    parameter int B_SIGNED = 0,
    parameter int MUL_W = 16,
    parameter int OUT_W = 8,
    parameter int ROUNDING = 0
) (
    input  logic                    clk,
    input  logic                    rst,
    input  logic                    valid,
    input  logic        [  A_W-1:0] a,
    input  logic        [  B_W-1:0] b,
    input  logic signed [    A_W:0] za,
    input  logic signed [    B_W:0] zb,
    input  logic signed [MUL_W-1:0] mul,
    input  logic        [      5:0] shift,
    input  logic signed [  OUT_W:0] zy,
    input  logic signed [  OUT_W:0] lo,
    input  logic signed [  OUT_W:0] hi,
    output logic                    done,
    output logic        [OUT_W-1:0] y
);
  localparam int P_W = A_W + B_W + 2;

  logic signed [  A_W:0] a_v;
  logic signed [  B_W:0] b_v;
  logic signed [P_W-1:0] a_x;
  logic signed [P_W-1:0] b_x;
  logic signed [P_W-1:0] product;

  t2c_offset #(
      .Q_W(A_W),
      .Q_SIGNED(A_SIGNED)
  ) offset_a (
      .q(a),
      .zero_point(za),
      .v(a_v)
  );
  t2c_offset #(
      .Q_W(B_W),
      .Q_SIGNED(B_SIGNED)
  ) offset_b (
      .q(b),
      .zero_point(zb),
      .v(b_v)
  );

  assign a_x = {{(P_W - A_W - 1) {a_v[A_W]}}, a_v};
  assign b_x = {{(P_W - B_W - 1) {b_v[B_W]}}, b_v};

  always_ff @(posedge clk) begin
    done <= valid & ~rst;
    if (valid) product <= a_x * b_x;
  end

  t2c_requant #(
      .ACC_W(P_W),
      .MUL_W(MUL_W),
      .OUT_W(OUT_W),
      .ROUNDING(ROUNDING)
  ) requant (
      .acc(product),
      .mul(mul),
      .shift(shift),
      .zero_point(zy),
      .lo(lo),
      .hi(hi),
      .y(y)
  );
endmodule
`,
  'dut/t2c_offset.sv': String.raw`// q - zero_point as a signed number of Q_W + 1 bits, for an operand q that is signed or not. Combinational.
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
`,
  'dut/t2c_register.sv': String.raw`// What the accumulator's register keeps of the exact sum. Combinational. LIMIT: 0 keeps all of it; b > 0 saturates at b bits;
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
`,
  'dut/t2c_requant.sv': String.raw`// MulShift: y = clamp(zero_point + round(acc * mul / 2^shift), lo, hi). Combinational.
// ROUNDING: 0 half-up, 1 half-even, 2 half-away, 3 floor. 4 more: gemmlowp's two roundings, acc << max(0, 31 - shift) times mul as
// SaturatingRoundingDoublingHighMul, then a shift by max(0, shift - 31) rounded so; the sum shifted to the left fits 32 bits (proved).
// The product has ACC_W + MUL_W bits, so it cannot overflow; the exporter sizes both by what it proved.
module t2c_requant #(
    parameter int ACC_W = 32,
    parameter int MUL_W = 16,
    parameter int OUT_W = 8,
    parameter int ROUNDING = 0
) (
    input  logic signed [ACC_W-1:0] acc,
    input  logic signed [MUL_W-1:0] mul,
    input  logic        [      5:0] shift,
    input  logic signed [  OUT_W:0] zero_point,
    input  logic signed [  OUT_W:0] lo,
    input  logic signed [  OUT_W:0] hi,
    output logic        [OUT_W-1:0] y
);
  localparam int P_W = ACC_W + MUL_W;

  logic signed [P_W-1:0] scaled;

  generate
    if (ROUNDING < 4) begin : once
      logic signed [P_W-1:0] acc_x;
      logic signed [P_W-1:0] mul_x;
      logic signed [P_W-1:0] product;

      assign acc_x = {{MUL_W{acc[ACC_W-1]}}, acc};
      assign mul_x = {{ACC_W{mul[MUL_W-1]}}, mul};
      assign product = acc_x * mul_x;

      t2c_round #(
          .V_W(P_W),
          .ROUNDING(ROUNDING)
      ) round (
          .v(product),
          .shift(shift),
          .q(scaled)
      );
    end else begin : twice
      /* verilator lint_off UNUSED */
      logic signed [ACC_W+31:0] acc_x;
      logic signed [ACC_W+31:0] left_x;
      logic signed [MUL_W+31:0] mul_x;
      logic signed [63:0] product;
      logic signed [P_W+31:0] last_x;
      /* verilator lint_on UNUSED */
      logic [5:0] left_by;
      logic [5:0] right_by;
      logic signed [31:0] left;
      logic signed [31:0] factor;
      logic signed [31:0] high;
      logic signed [31:0] last;

      assign left_by = shift < 6'd31 ? 6'd31 - shift : 6'd0;
      assign right_by = shift > 6'd31 ? shift - 6'd31 : 6'd0;
      assign acc_x = {{32{acc[ACC_W-1]}}, acc};
      assign mul_x = {{32{mul[MUL_W-1]}}, mul};
      assign left_x = acc_x <<< left_by;
      assign left = left_x[31:0];
      assign factor = mul_x[31:0];
      assign product = {{32{left[31]}}, left} * {{32{factor[31]}}, factor} + 64'sd1073741824;
      assign high = left == 32'sh80000000 && factor == 32'sh80000000 ? 32'sh7fffffff : product[62:31];

      t2c_round #(
          .V_W(32),
          .ROUNDING(ROUNDING - 4)
      ) round (
          .v(high),
          .shift(right_by),
          .q(last)
      );

      assign last_x = {{P_W{last[31]}}, last};
      assign scaled = last_x[P_W-1:0];
    end
  endgenerate

  t2c_clamp #(
      .V_W  (P_W),
      .OUT_W(OUT_W)
  ) clamp (
      .v(scaled),
      .zero_point(zero_point),
      .lo(lo),
      .hi(hi),
      .y(y)
  );
endmodule
`,
  'dut/t2c_rescale.sv': String.raw`// A change of quantizer: y = clamp(zy + round((x - zx) * mul / 2^shift), lo, hi).
// done is high for one clock with y, the clock after valid; mul and shift are held until then.
module t2c_rescale #(
    parameter int X_W = 8,
    parameter int X_SIGNED = 0,
    parameter int MUL_W = 16,
    parameter int OUT_W = 8,
    parameter int ROUNDING = 0
) (
    input  logic                    clk,
    input  logic                    rst,
    input  logic                    valid,
    input  logic        [  X_W-1:0] x,
    input  logic signed [    X_W:0] zx,
    input  logic signed [MUL_W-1:0] mul,
    input  logic        [      5:0] shift,
    input  logic signed [  OUT_W:0] zy,
    input  logic signed [  OUT_W:0] lo,
    input  logic signed [  OUT_W:0] hi,
    output logic                    done,
    output logic        [OUT_W-1:0] y
);
  logic signed [X_W:0] x_v;
  logic signed [X_W:0] held;

  t2c_offset #(
      .Q_W(X_W),
      .Q_SIGNED(X_SIGNED)
  ) offset (
      .q(x),
      .zero_point(zx),
      .v(x_v)
  );

  always_ff @(posedge clk) begin
    done <= valid & ~rst;
    if (valid) held <= x_v;
  end

  t2c_requant #(
      .ACC_W(X_W + 1),
      .MUL_W(MUL_W),
      .OUT_W(OUT_W),
      .ROUNDING(ROUNDING)
  ) requant (
      .acc(held),
      .mul(mul),
      .shift(shift),
      .zero_point(zy),
      .lo(lo),
      .hi(hi),
      .y(y)
  );
endmodule
`,
  'dut/t2c_round.sv': String.raw`// v / 2^shift, rounded: the one place where anything is rounded. Combinational.
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
`,
  'dut/t2c_softmax.sv': String.raw`// Softmax of one row of up to ROW elements. Elements come in one each clock (valid, last; masked takes one out); then done is high
// for one clock per element, in the same order, with its probability:
//   d = max(q) - q, e = table[min(d, table_last)], 0 where masked; S = sum(e); F = 2^OUT_W - 1
//   MODE 0 divide: p = (e * F + (S >> 1)) div S    1 reciprocal: R = (F << 31) div S, p = (e * R + 2^30) >> 31    2 deferred: p = e
// and 0 in a row that is masked altogether. The table is outside: table_data answers table_addr in the same clock.
// The next row may come in the clock after the last done.
module t2c_softmax #(
    parameter int X_W = 8,
    parameter int X_SIGNED = 1,
    parameter int E_W = 16,
    parameter int OUT_W = 8,
    parameter int ROW = 64,
    parameter int MODE = 0
) (
    input  logic             clk,
    input  logic             rst,
    input  logic             valid,
    input  logic             last,
    input  logic             masked,
    input  logic [  X_W-1:0] x,
    input  logic [  X_W-1:0] table_last,
    output logic [  X_W-1:0] table_addr,
    input  logic [  E_W-1:0] table_data,
    output logic             done,
    output logic [OUT_W-1:0] y
);
  localparam int I_W = $clog2(ROW + 1);
  localparam int A_W = ROW > 1 ? $clog2(ROW) : 1;
  localparam int S_W = E_W + I_W;
  localparam int Y_W = E_W + OUT_W;
  // of the division: e * F + S / 2, or F << 31
  localparam int N_W = MODE == 0 ? E_W + OUT_W + I_W + 1 : OUT_W + 31;
  localparam int P_W = E_W + OUT_W + 32;

  localparam logic [2:0] LOAD = 3'd0;
  localparam logic [2:0] SUM = 3'd1;
  localparam logic [2:0] START = 3'd2;
  localparam logic [2:0] WAIT = 3'd3;
  localparam logic [2:0] EMIT = 3'd4;

  logic        [        2:0] state;
  logic        [    X_W:0] row  [0:ROW-1];
  logic        [  I_W-1:0] i;
  logic        [  I_W-1:0] count;
  logic                    any;
  // as signed numbers of one bit more
  logic signed [    X_W:0] x_v;
  logic signed [    X_W:0] most;
  logic        [    X_W:0] entry;
  logic signed [    X_W:0] entry_v;
  /* verilator lint_off UNUSED */
  logic signed [    X_W:0] d;
  logic        [  P_W-1:0] scaled;
  logic        [  N_W-1:0] quotient;
  logic        [  Y_W-1:0] wide_e;
  /* verilator lint_on UNUSED */
  logic        [  E_W-1:0] e;
  logic        [  S_W-1:0] sum;
  logic                    divided;
  logic        [  N_W-1:0] numerator;

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
      .q(entry[X_W-1:0]),
      .zero_point({(X_W + 1) {1'b0}}),
      .v(entry_v)
  );

  assign entry = row[i[A_W-1:0]];
  assign d = most - entry_v;
  assign table_addr = d[X_W-1:0] > table_last ? table_last : d[X_W-1:0];
  assign wide_e = {{OUT_W{1'b0}}, e};
  assign e = entry[X_W] ? {E_W{1'b0}} : table_data;

  generate
    if (MODE == 0) begin : each
      assign numerator = {1'b0, {I_W{1'b0}}, e, {OUT_W{1'b0}}} - {{(N_W - E_W) {1'b0}}, e} + {{(N_W - S_W + 1) {1'b0}}, sum[S_W-1:1]};
      assign scaled = {P_W{1'b0}};
    end else begin : once
      assign numerator = {{OUT_W{1'b1}}, 31'd0};
      assign scaled = {{(P_W - E_W) {1'b0}}, e} * {{(P_W - N_W) {1'b0}}, quotient} + {{(P_W - 31) {1'b0}}, 1'b1, 30'd0};
    end
  endgenerate

  t2c_divide #(
      .N_W(N_W),
      .D_W(S_W)
  ) divide (
      .clk(clk),
      .rst(rst),
      .start(state == START),
      .numerator(numerator),
      .denominator(sum),
      .done(divided),
      .quotient(quotient)
  );

  always_ff @(posedge clk) begin
    done <= 1'b0;
    if (rst) begin
      state <= LOAD;
      count <= {I_W{1'b0}};
      any   <= 1'b0;
    end else begin
      case (state)
        LOAD:
        if (valid) begin
          row[count[A_W-1:0]] <= {masked, x};
          if (!masked && (!any || x_v > most)) most <= x_v;
          any   <= any | ~masked;
          count <= count + {{(I_W - 1) {1'b0}}, 1'b1};
          i     <= {I_W{1'b0}};
          sum   <= {S_W{1'b0}};
          if (last) state <= SUM;
        end
        SUM: begin
          sum <= sum + {{I_W{1'b0}}, e};
          i   <= i + {{(I_W - 1) {1'b0}}, 1'b1};
          if (i + {{(I_W - 1) {1'b0}}, 1'b1} == count) begin
            i     <= {I_W{1'b0}};
            state <= MODE == 2 ? EMIT : START;
          end
        end
        START: state <= WAIT;
        WAIT: if (divided) state <= EMIT;
        default: begin
          done <= 1'b1;
          if (sum == {S_W{1'b0}}) y <= {OUT_W{1'b0}};
          else if (MODE == 0) y <= quotient[OUT_W-1:0];
          else if (MODE == 1) y <= scaled[31+:OUT_W];
          else y <= wide_e[OUT_W-1:0];
          i <= i + {{(I_W - 1) {1'b0}}, 1'b1};
          if (i + {{(I_W - 1) {1'b0}}, 1'b1} == count) begin
            state <= LOAD;
            count <= {I_W{1'b0}};
            any   <= 1'b0;
          end else if (MODE == 0) state <= START;
        end
      endcase
    end
  end
endmodule
`,
  'dut/t2c_sum.sv': String.raw`// Average of a window or along axes: acc = sum of (x - zx), an element each clock, then
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
`,
  'tb/t2c_mem.sv': String.raw`// A tensor of the bundle in a test bench: FILE by $readmemh, one element a word, words as wide as the digits written.
// SUM0 is the sum of all words, SUM1 that of (i + 1) * word: so a file that was changed is found although only some outputs
// are simulated, and a single changed word is located. Function at gives an element as an integer.
module t2c_mem #(
    parameter FILE = "",
    parameter int N = 1,
    parameter int BITS = 8,
    parameter int SIGNED = 0,
    parameter [63:0] SUM0 = 0,
    parameter [63:0] SUM1 = 0
);
  localparam int W = 4 * ((BITS + 3) / 4);

  logic [W-1:0] mem[0:N-1];

  initial begin
    if (FILE == "") mem[0] = {W{1'b0}};
    else $readmemh(FILE, mem);
  end

  function automatic longint at(input int i);
    logic [63:0] v;
    v = 64'd0;
    v[W-1:0] = mem[i];
    if (SIGNED != 0 && BITS < 64) begin
      if (v[BITS-1]) v = v - (64'd1 << BITS);
    end
    at = longint'(v);
  endfunction

  // 0: as exported. Prints what is not.
  task automatic check(input string op, output int wrong);
    logic [63:0] word;
    logic [63:0] part;
    logic [63:0] sum0;
    logic [63:0] sum1;
    longint d0;
    longint d1;
    int i;
    sum0 = 64'd0;
    sum1 = 64'd0;
    wrong = 0;
    for (i = 0; i < N; i = i + 1) begin
      if ((^mem[i]) === 1'bx) begin
        if (wrong == 0) $display("MISMATCH op %s: %s element %0d: expected a number, got %h", op, FILE, i, mem[i]);
        wrong = wrong + 1;
      end else begin
        word = 64'd0;
        word[W-1:0] = mem[i];
        part = {32'd0, word[31:0]} + {32'd0, word[63:32]};
        sum0 = sum0 + part;
        sum1 = sum1 + part * (64'(i) + 64'd1);
      end
    end
    if (wrong == 0 && (sum0 != SUM0 || sum1 != SUM1)) begin
      wrong = 1;
      d0 = longint'(sum0 - SUM0);
      d1 = longint'(sum1 - SUM1);
      if (d0 != 0 && d1 % d0 == 0 && d1 / d0 >= 1 && d1 / d0 <= longint'(N)) begin
        i = int'(d1 / d0) - 1;
        word = 64'd0;
        word[W-1:0] = mem[i];
        if (W <= 32) $display("MISMATCH op %s: %s element %0d is not as exported: expected %h, got %h", op, FILE, i, W'(word - d0), mem[i]);
        else $display("MISMATCH op %s: %s element %0d is not as exported: expected another word, got %h", op, FILE, i, mem[i]);
      end else $display("MISMATCH op %s: %s is not as exported: several elements differ", op, FILE);
    end
  endtask
endmodule
`,
  'tb/t2c_report.sv': String.raw`// What a test bench says of one op: the first mismatch of each tensor with its index, the number of outputs compared, PASS or
// FAIL. A failed bench ends the simulator with a status that is not 0.
module t2c_report #(
    parameter NAME = "",
    parameter int RANK = 1,
    // extents of the output, the first axis in the lowest 32 bits
    parameter [32*8-1:0] DIMS = 1
);
  int errors = 0;
  int shown = 0;
  int outputs = 0;

  task automatic compare(input string tensor, input int i, input longint expected, input longint got, input logic known);
    int rest;
    int size;
    int d;
    int e;
    if (!known || expected != got) begin
      errors = errors + 1;
      if (shown < 4) begin
        shown = shown + 1;
        $write("MISMATCH op %s: %s index [", NAME, tensor);
        rest = i;
        for (d = 0; d < RANK; d = d + 1) begin
          if (d > 0) $write(", ");
          size = 1;
          for (e = d + 1; e < RANK; e = e + 1) size = size * int'(DIMS[32*e+:32]);
          $write("%0d", rest / size);
          rest = rest % size;
        end
        if (known) $display("] (element %0d): expected %0d, got %0d", i, expected, got);
        else $display("] (element %0d): expected %0d, got no number", i, expected);
      end
    end
  endtask

  task automatic silent(input int i);
    errors = errors + 1;
    $display("MISMATCH op %s: element %0d: expected a result, got none within a million clocks", NAME, i);
  endtask

  // of: outputs of the op; 0: a file only
  task automatic finish(input int of);
    if (errors == 0) begin
      if (of > 0) $display("PASS op %s: %0d of %0d outputs", NAME, outputs, of);
      else $display("PASS op %s: a file that it reads", NAME);
      $finish;
    end else begin
      $display("FAIL op %s: %0d mismatches", NAME, errors);
      $fatal(1);
    end
  endtask
endmodule
`,
  'tb/t2c_tb_choose.sv': String.raw`// Check of an op that chooses integers and changes none: OP 0, a where: the output is A where C is 1, else B, all broadcast by strides.
// OP 1, an embedding: the output is element [p, C[t], q] of the table A, where o = (p * C_N + t) * POST + q and the axis has SIZE
// elements. There is no arithmetic and so no DUT. Checks the outputs that SAMPLE lists, or with the plusarg +all every one.
module t2c_tb_choose #(
    parameter NAME = "",
    parameter int OP = 0,
    parameter C_FILE = "",
    parameter int C_N = 1,
    parameter int C_W = 8,
    parameter int C_SIGNED = 0,
    parameter [63:0] C_SUM0 = 0,
    parameter [63:0] C_SUM1 = 0,
    parameter A_FILE = "",
    parameter int A_N = 1,
    parameter int A_W = 8,
    parameter int A_SIGNED = 0,
    parameter [63:0] A_SUM0 = 0,
    parameter [63:0] A_SUM1 = 0,
    parameter B_FILE = "",
    parameter int B_N = 1,
    parameter int B_W = 8,
    parameter int B_SIGNED = 0,
    parameter [63:0] B_SUM0 = 0,
    parameter [63:0] B_SUM1 = 0,
    parameter Y_FILE = "",
    parameter int Y_N = 1,
    parameter int Y_W = 8,
    parameter int Y_SIGNED = 0,
    parameter [63:0] Y_SUM0 = 0,
    parameter [63:0] Y_SUM1 = 0,
    // no file: every output
    parameter SAMPLE_FILE = "",
    parameter int SAMPLE_N = 1,
    parameter int RANK = 1,
    parameter [32*8-1:0] DIMS = 1,
    parameter [32*8-1:0] C_STRIDES = 0,
    parameter [32*8-1:0] A_STRIDES = 0,
    parameter [32*8-1:0] B_STRIDES = 0,
    parameter int SIZE = 1,
    parameter int POST = 1
);
  t2c_mem #(C_FILE, C_N, C_W, C_SIGNED, C_SUM0, C_SUM1) c_mem ();
  t2c_mem #(A_FILE, A_N, A_W, A_SIGNED, A_SUM0, A_SUM1) a_mem ();
  t2c_mem #(B_FILE, B_N, B_W, B_SIGNED, B_SUM0, B_SUM1) b_mem ();
  t2c_mem #(Y_FILE, Y_N, Y_W, Y_SIGNED, Y_SUM0, Y_SUM1) y_mem ();
  t2c_mem #(SAMPLE_FILE, SAMPLE_N, 32, 0) sample_mem ();
  t2c_report #(NAME, RANK, DIMS) report ();

  int d;
  int rest;
  int at;
  int at_c;
  int at_a;
  int at_b;
  int row;

  task output_of(input int o);
    report.outputs = report.outputs + 1;
    if (OP == 0) begin
      at_c = 0;
      at_a = 0;
      at_b = 0;
      rest = o;
      for (d = RANK - 1; d >= 0; d = d - 1) begin
        at = rest % int'(DIMS[32*d+:32]);
        rest = rest / int'(DIMS[32*d+:32]);
        at_c = at_c + at * int'(C_STRIDES[32*d+:32]);
        at_a = at_a + at * int'(A_STRIDES[32*d+:32]);
        at_b = at_b + at * int'(B_STRIDES[32*d+:32]);
      end
      report.compare(Y_FILE, o, c_mem.at(at_c) == 1 ? a_mem.at(at_a) : b_mem.at(at_b), y_mem.at(o), (^y_mem.mem[o]) !== 1'bx);
    end else begin
      row = int'(c_mem.at((o / POST) % C_N));
      if (row < 0) row = row + SIZE;
      at_a = ((o / (POST * C_N)) * SIZE + row) * POST + o % POST;
      report.compare(Y_FILE, o, a_mem.at(at_a), y_mem.at(o), (^y_mem.mem[o]) !== 1'bx);
    end
  endtask

  int i;
  int wrong;

  initial begin
    #1;
    if ($test$plusargs("all") || SAMPLE_FILE == "") for (i = 0; i < Y_N; i = i + 1) output_of(i);
    else for (i = 0; i < SAMPLE_N; i = i + 1) output_of(int'(sample_mem.at(i)));
    c_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    a_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    b_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    y_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    report.finish(Y_N);
  end
endmodule
`,
  'tb/t2c_tb_file.sv': String.raw`// Check of a tensor that no op's bench reads: an input of the network that is used by copies, or what nobody reads.
module t2c_tb_file #(
    parameter NAME = "",
    parameter X_FILE = "",
    parameter int X_N = 1,
    parameter int X_W = 8,
    parameter int X_SIGNED = 0,
    parameter [63:0] X_SUM0 = 0,
    parameter [63:0] X_SUM1 = 0
);
  t2c_mem #(X_FILE, X_N, X_W, X_SIGNED, X_SUM0, X_SUM1) x_mem ();
  t2c_report #(NAME) report ();

  int wrong;

  initial begin
    #1;
    x_mem.check(NAME, wrong);
    report.errors = wrong;
    report.finish(0);
  end
endmodule
`,
  'tb/t2c_tb_layernorm.sv': String.raw`// Test bench of one layer or RMS normalization (t2c_layernorm), row by row of LEN elements. Checks the rows that SAMPLE lists, or
// with the plusarg +all every one.
module t2c_tb_layernorm #(
    parameter NAME = "",
    parameter X_FILE = "",
    parameter int X_N = 1,
    parameter int X_W = 8,
    parameter int X_SIGNED = 0,
    parameter [63:0] X_SUM0 = 0,
    parameter [63:0] X_SUM1 = 0,
    parameter G_FILE = "",
    parameter int G_N = 1,
    parameter int G_W = 32,
    parameter int G_SIGNED = 1,
    parameter [63:0] G_SUM0 = 0,
    parameter [63:0] G_SUM1 = 0,
    parameter H_FILE = "",
    parameter int H_N = 1,
    parameter int H_W = 64,
    parameter int H_SIGNED = 1,
    parameter [63:0] H_SUM0 = 0,
    parameter [63:0] H_SUM1 = 0,
    parameter Y_FILE = "",
    parameter int Y_N = 1,
    parameter int Y_W = 8,
    parameter int Y_SIGNED = 0,
    parameter [63:0] Y_SUM0 = 0,
    parameter [63:0] Y_SUM1 = 0,
    // no file: every output
    parameter SAMPLE_FILE = "",
    parameter int SAMPLE_N = 1,
    parameter int RANK = 1,
    parameter [32*8-1:0] DIMS = 1,
    parameter int ROWS = 1,
    parameter int LEN = 1,
    parameter int ZX = 0,
    parameter [63:0] E = 0,
    parameter int SHIFT = 0,
    parameter int T = 0,
    parameter int F = 0,
    parameter int K = 16,
    parameter int RMS = 0,
    // 0 divide, 1 reciprocal
    parameter int MODE = 0,
    parameter int ZY = 0,
    parameter int LO = 0,
    parameter int HI = 255,
    parameter int ROUNDING = 0,
    // widths of the DUT
    parameter int C_BITS = 16,
    parameter int V_BITS = 48,
    parameter int G_BITS = 16,
    parameter int H_BITS = 48
);
  localparam int A_W = LEN > 1 ? $clog2(LEN) : 1;

  logic clk = 1'b0;
  logic rst = 1'b1;
  logic valid = 1'b0;
  logic [X_W-1:0] x;
  logic [A_W-1:0] param_addr;
  logic done;
  logic [Y_W-1:0] y;

  t2c_mem #(X_FILE, X_N, X_W, X_SIGNED, X_SUM0, X_SUM1) x_mem ();
  t2c_mem #(G_FILE, G_N, G_W, G_SIGNED, G_SUM0, G_SUM1) g_mem ();
  t2c_mem #(H_FILE, H_N, H_W, H_SIGNED, H_SUM0, H_SUM1) h_mem ();
  t2c_mem #(Y_FILE, Y_N, Y_W, Y_SIGNED, Y_SUM0, Y_SUM1) y_mem ();
  t2c_mem #(SAMPLE_FILE, SAMPLE_N, 32, 0) sample_mem ();
  t2c_report #(NAME, RANK, DIMS) report ();

  t2c_layernorm #(
      .X_W(X_W),
      .X_SIGNED(X_SIGNED),
      .C(LEN),
      .C_W(C_BITS),
      .V_W(V_BITS),
      .T(T),
      .F(F),
      .K(K),
      .RMS(RMS),
      .MODE(MODE),
      .G_W(G_BITS),
      .H_W(H_BITS),
      .OUT_W(Y_W),
      .ROUNDING(ROUNDING),
      .A_W(A_W)
  ) dut (
      .clk(clk),
      .rst(rst),
      .valid(valid),
      .x(x),
      .zx(ZX[X_W:0]),
      .e(E[V_BITS-1:0]),
      .param_addr(param_addr),
      .g(g_mem.mem[int'(param_addr)][G_BITS-1:0]),
      .h(h_mem.mem[int'(param_addr)][H_BITS-1:0]),
      .shift(SHIFT[5:0]),
      .zy(ZY[Y_W:0]),
      .lo(LO[Y_W:0]),
      .hi(HI[Y_W:0]),
      .done(done),
      .y(y)
  );

  always #5 clk = ~clk;

  int j;
  int o;
  int clocks;

  task row_of(input int r);
    report.outputs = report.outputs + LEN;
    for (j = 0; j < LEN; j = j + 1) begin
      x = x_mem.mem[r*LEN+j][X_W-1:0];
      valid = 1'b1;
      @(negedge clk);
    end
    valid = 1'b0;
    clocks = 0;
    for (j = 0; j < LEN && clocks < 1000000; j = j + 1) begin
      o = r * LEN + j;
      while (done !== 1'b1 && clocks < 1000000) begin
        @(negedge clk);
        clocks = clocks + 1;
      end
      if (done !== 1'b1) report.silent(o);
      else report.compare(Y_FILE, o, y_mem.at(o), Y_SIGNED != 0 ? longint'($signed(y)) : longint'({1'b0, y}), (^y) !== 1'bx);
      @(negedge clk);
    end
  endtask

  int i;
  int wrong;

  initial begin
    repeat (2) @(negedge clk);
    rst = 1'b0;
    if ($test$plusargs("all") || SAMPLE_FILE == "") for (i = 0; i < ROWS; i = i + 1) row_of(i);
    else for (i = 0; i < SAMPLE_N; i = i + 1) row_of(int'(sample_mem.at(i)));
    x_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    g_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    h_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    y_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    report.finish(Y_N);
  end
endmodule
`,
  'tb/t2c_tb_linear.sv': String.raw`// Test bench of one conv, gemm or matmul: feeds the products of each output checked into the DUT, in the order of the
// formula, and compares accumulator and output with the golden vectors. VARIANT: 0 t2c_linear, 1 t2c_linear_rows,
// 2 t2c_linear_deferred. Checks the outputs that SAMPLE lists, or with the plusarg +all every one.
module t2c_tb_linear #(
    parameter NAME = "",
    parameter int VARIANT = 0,
    parameter int CONV = 0,
    parameter X_FILE = "",
    parameter int X_N = 1,
    parameter int X_W = 8,
    parameter int X_SIGNED = 0,
    parameter [63:0] X_SUM0 = 0,
    parameter [63:0] X_SUM1 = 0,
    parameter W_FILE = "",
    parameter int W_N = 1,
    parameter int W_W = 8,
    parameter int W_SIGNED = 1,
    parameter [63:0] W_SUM0 = 0,
    parameter [63:0] W_SUM1 = 0,
    // no file: there is no bias
    parameter BIAS_FILE = "",
    parameter int BIAS_N = 1,
    parameter int BIAS_W = 32,
    parameter int BIAS_SIGNED = 1,
    parameter [63:0] BIAS_SUM0 = 0,
    parameter [63:0] BIAS_SUM1 = 0,
    parameter MUL_FILE = "",
    parameter int MUL_N = 1,
    parameter int MUL_W = 32,
    parameter int MUL_SIGNED = 1,
    parameter [63:0] MUL_SUM0 = 0,
    parameter [63:0] MUL_SUM1 = 0,
    parameter SHIFT_FILE = "",
    parameter int SHIFT_N = 1,
    parameter int SHIFT_W = 8,
    parameter int SHIFT_SIGNED = 0,
    parameter [63:0] SHIFT_SUM0 = 0,
    parameter [63:0] SHIFT_SUM1 = 0,
    parameter ROW_FILE = "",
    parameter int ROW_N = 1,
    parameter int ROW_W = 32,
    parameter int ROW_SIGNED = 1,
    parameter [63:0] ROW_SUM0 = 0,
    parameter [63:0] ROW_SUM1 = 0,
    parameter ACC_FILE = "",
    parameter int ACC_N = 1,
    parameter int ACC_W = 32,
    parameter int ACC_SIGNED = 1,
    parameter [63:0] ACC_SUM0 = 0,
    parameter [63:0] ACC_SUM1 = 0,
    parameter Y_FILE = "",
    parameter int Y_N = 1,
    parameter int Y_W = 8,
    parameter int Y_SIGNED = 0,
    parameter [63:0] Y_SUM0 = 0,
    parameter [63:0] Y_SUM1 = 0,
    // no file: every output
    parameter SAMPLE_FILE = "",
    parameter int SAMPLE_N = 1,
    parameter int RANK = 1,
    parameter [32*8-1:0] DIMS = 1,
    parameter int ZX = 0,
    parameter int ZW = 0,
    parameter int ZY = 0,
    parameter int LO = 0,
    parameter int HI = 255,
    // widths of the DUT
    parameter int ACC_BITS = 32,
    parameter int MUL_BITS = 16,
    parameter int TOTAL_BITS = 48,
    parameter int ROW_BITS = 16,
    parameter int S_BITS = 24,
    parameter int ROUNDING = 0,
    parameter int LIMIT = 0,
    // conv
    parameter int IC = 1,
    parameter int IH = 1,
    parameter int IW = 1,
    parameter int OC = 1,
    parameter int OH = 1,
    parameter int OW = 1,
    parameter int GROUPS = 1,
    parameter int KH = 1,
    parameter int KW = 1,
    parameter int SH = 1,
    parameter int SW = 1,
    parameter int PH = 0,
    parameter int PW = 0,
    parameter int DH = 1,
    parameter int DW = 1,
    // gemm, matmul: rows, columns, length of the sum; leading axes with the strides of both operands (0: broadcast)
    parameter int M = 1,
    parameter int N = 1,
    parameter int K = 1,
    parameter int TRANS_B = 0,
    parameter int LEAD = 0,
    parameter [32*8-1:0] LEAD_DIMS = 0,
    parameter [32*8-1:0] X_STRIDES = 0,
    parameter [32*8-1:0] W_STRIDES = 0
);
  localparam int ICG = IC / GROUPS;
  localparam int OCG = OC / GROUPS;
  localparam int TERMS = CONV != 0 ? ICG * KH * KW : K;

  logic clk = 1'b0;
  logic rst = 1'b1;
  logic valid = 1'b0;
  logic first = 1'b0;
  logic last = 1'b0;
  logic [X_W-1:0] x;
  logic [W_W-1:0] w;
  logic signed [63:0] bias = 64'd0;
  logic signed [MUL_BITS-1:0] mul;
  logic [5:0] shift;
  logic signed [ROW_BITS-1:0] row_mul;
  logic done;
  logic signed [ACC_BITS-1:0] acc;
  logic [Y_W-1:0] y;

  t2c_mem #(X_FILE, X_N, X_W, X_SIGNED, X_SUM0, X_SUM1) x_mem ();
  t2c_mem #(W_FILE, W_N, W_W, W_SIGNED, W_SUM0, W_SUM1) w_mem ();
  t2c_mem #(BIAS_FILE, BIAS_N, BIAS_W, BIAS_SIGNED, BIAS_SUM0, BIAS_SUM1) bias_mem ();
  t2c_mem #(MUL_FILE, MUL_N, MUL_W, MUL_SIGNED, MUL_SUM0, MUL_SUM1) mul_mem ();
  t2c_mem #(SHIFT_FILE, SHIFT_N, SHIFT_W, SHIFT_SIGNED, SHIFT_SUM0, SHIFT_SUM1) shift_mem ();
  t2c_mem #(ROW_FILE, ROW_N, ROW_W, ROW_SIGNED, ROW_SUM0, ROW_SUM1) row_mem ();
  t2c_mem #(ACC_FILE, ACC_N, ACC_W, ACC_SIGNED, ACC_SUM0, ACC_SUM1) acc_mem ();
  t2c_mem #(Y_FILE, Y_N, Y_W, Y_SIGNED, Y_SUM0, Y_SUM1) y_mem ();
  t2c_report #(NAME, RANK, DIMS) report ();
  t2c_mem #(SAMPLE_FILE, SAMPLE_N, 32, 0) sample_mem ();

  generate
    if (VARIANT == 0) begin : plain
      t2c_linear #(
          .X_W(X_W),
          .X_SIGNED(X_SIGNED),
          .W_W(W_W),
          .W_SIGNED(W_SIGNED),
          .ACC_W(ACC_BITS),
          .MUL_W(MUL_BITS),
          .OUT_W(Y_W),
          .ROUNDING(ROUNDING),
          .LIMIT(LIMIT)
      ) dut (
          .clk(clk),
          .rst(rst),
          .valid(valid),
          .first(first),
          .last(last),
          .x(x),
          .w(w),
          .zx(ZX[X_W:0]),
          .zw(ZW[W_W:0]),
          .bias(bias[ACC_BITS-1:0]),
          .mul(mul),
          .shift(shift),
          .zy(ZY[Y_W:0]),
          .lo(LO[Y_W:0]),
          .hi(HI[Y_W:0]),
          .done(done),
          .acc(acc),
          .y(y)
      );
    end else if (VARIANT == 1) begin : rows
      t2c_linear_rows #(
          .X_W(X_W),
          .X_SIGNED(X_SIGNED),
          .W_W(W_W),
          .W_SIGNED(W_SIGNED),
          .ACC_W(ACC_BITS),
          .ROW_W(ROW_BITS),
          .TOTAL_W(TOTAL_BITS),
          .MUL_W(MUL_BITS),
          .OUT_W(Y_W),
          .ROUNDING(ROUNDING),
          .LIMIT(LIMIT)
      ) dut (
          .clk(clk),
          .rst(rst),
          .valid(valid),
          .first(first),
          .last(last),
          .x(x),
          .w(w),
          .zx(ZX[X_W:0]),
          .zw(ZW[W_W:0]),
          .row_mul(row_mul),
          .bias(bias[TOTAL_BITS-1:0]),
          .mul(mul),
          .shift(shift),
          .zy(ZY[Y_W:0]),
          .lo(LO[Y_W:0]),
          .hi(HI[Y_W:0]),
          .done(done),
          .acc(acc),
          .y(y)
      );
    end else begin : deferred
      t2c_linear_deferred #(
          .X_W(X_W),
          .W_W(W_W),
          .W_SIGNED(W_SIGNED),
          .ACC_W(ACC_BITS),
          .S_W(S_BITS),
          .MUL_W(MUL_BITS),
          .OUT_W(Y_W),
          .ROUNDING(ROUNDING),
          .LIMIT(LIMIT)
      ) dut (
          .clk(clk),
          .rst(rst),
          .valid(valid),
          .first(first),
          .last(last),
          .x(x),
          .w(w),
          .zw(ZW[W_W:0]),
          .mul(mul),
          .shift(shift),
          .zy(ZY[Y_W:0]),
          .lo(LO[Y_W:0]),
          .hi(HI[Y_W:0]),
          .done(done),
          .acc(acc),
          .y(y)
      );
    end
  endgenerate

  always #5 clk = ~clk;

  int term;

  // drives one product: the DUT takes it at the rising edge
  task product(input logic inside_x, input int xa, input int wa);
    x = inside_x ? x_mem.mem[xa][X_W-1:0] : ZX[X_W-1:0];
    w = w_mem.mem[wa][W_W-1:0];
    valid = 1'b1;
    first = term == 0;
    term = term + 1;
    last = term == TERMS;
    @(negedge clk);
  endtask

  int channel;
  int row;
  int xb;
  int wb;
  int rest;
  int oy;
  int ox;
  int iy;
  int ix;
  int c;
  int ky;
  int kx;
  int d;

  task products(input int o);
    if (CONV != 0) begin
      ox = o % OW;
      oy = (o / OW) % OH;
      channel = (o / (OW * OH)) % OC;
      xb = (o / (OW * OH * OC)) * IC + (channel / OCG) * ICG;
      wb = channel * ICG * KH * KW;
      for (c = 0; c < ICG; c = c + 1)
      for (ky = 0; ky < KH; ky = ky + 1)
      for (kx = 0; kx < KW; kx = kx + 1) begin
        iy = oy * SH - PH + ky * DH;
        ix = ox * SW - PW + kx * DW;
        product(iy >= 0 && iy < IH && ix >= 0 && ix < IW, ((xb + c) * IH + iy) * IW + ix, wb);
        wb = wb + 1;
      end
    end else begin
      xb = (row % M) * K;
      wb = 0;
      rest = row / M;
      for (d = LEAD - 1; d >= 0; d = d - 1) begin
        xb = xb + (rest % int'(LEAD_DIMS[32*d+:32])) * int'(X_STRIDES[32*d+:32]);
        wb = wb + (rest % int'(LEAD_DIMS[32*d+:32])) * int'(W_STRIDES[32*d+:32]);
        rest = rest / int'(LEAD_DIMS[32*d+:32]);
      end
      for (c = 0; c < K; c = c + 1) product(1'b1, xb + c, TRANS_B != 0 ? wb + channel * K + c : wb + c * N + channel);
    end
  endtask

  int clocks;

  task output_of(input int o);
    report.outputs = report.outputs + 1;
    term = 0;
    channel = CONV != 0 ? (o / (OW * OH)) % OC : o % N;
    row = o / N;
    mul = MUL_BITS'(mul_mem.at(MUL_N == 1 ? 0 : channel));
    shift = shift_mem.mem[SHIFT_N == 1 ? 0 : channel][5:0];
    if (shift_mem.mem[SHIFT_N == 1 ? 0 : channel] > 8'd62) report.compare("shift, largest 62,", o, 62, shift_mem.at(SHIFT_N == 1 ? 0 : channel), 1'b1);
    bias = bias_mem.at(BIAS_N == 1 ? 0 : channel);
    row_mul = ROW_BITS'(row_mem.at(row % ROW_N));
    products(o);
    valid = 1'b0;
    clocks = 0;
    while (done !== 1'b1 && clocks < 1000000) begin
      @(negedge clk);
      clocks = clocks + 1;
    end
    if (done !== 1'b1) report.silent(o);
    else begin
      report.compare(ACC_FILE, o, acc_mem.at(o), longint'(acc), (^acc) !== 1'bx);
      report.compare(Y_FILE, o, y_mem.at(o), Y_SIGNED != 0 ? longint'($signed(y)) : longint'({1'b0, y}), (^y) !== 1'bx);
    end
  endtask

  int i;
  int wrong;

  initial begin
    repeat (2) @(negedge clk);
    rst = 1'b0;
    if ($test$plusargs("all") || SAMPLE_FILE == "") for (i = 0; i < Y_N; i = i + 1) output_of(i);
    else for (i = 0; i < SAMPLE_N; i = i + 1) output_of(int'(sample_mem.at(i)));
    x_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    w_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    bias_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    mul_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    shift_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    row_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    acc_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    y_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    report.finish(Y_N);
  end
endmodule
`,
  'tb/t2c_tb_move.sv': String.raw`// Check of an op that moves integers and changes none (transpose, slice, expand, pad, gather by constant indices, one operand of a
// concat; reshape without a map): there is no arithmetic and so no DUT. Output element i of a box of DIMS lies at Y_BASE + its
// indices * Y_STRIDES; the element of X that it must equal is the sum of one entry of MAP per axis (a table as long as the axis),
// FILL where an entry is -1. Checks the elements that SAMPLE lists, or with the plusarg +all every one.
module t2c_tb_move #(
    parameter NAME = "",
    parameter X_FILE = "",
    parameter int X_N = 1,
    parameter int X_W = 8,
    parameter int X_SIGNED = 0,
    parameter [63:0] X_SUM0 = 0,
    parameter [63:0] X_SUM1 = 0,
    parameter Y_FILE = "",
    parameter int Y_N = 1,
    parameter int Y_W = 8,
    parameter int Y_SIGNED = 0,
    parameter [63:0] Y_SUM0 = 0,
    parameter [63:0] Y_SUM1 = 0,
    parameter MAP_FILE = "",
    parameter int MAP_N = 1,
    // no file: every output
    parameter SAMPLE_FILE = "",
    parameter int SAMPLE_N = 1,
    parameter int RANK = 1,
    parameter [32*8-1:0] DIMS = 1,
    parameter int BOX = 1,
    parameter int Y_BASE = 0,
    parameter [32*8-1:0] Y_STRIDES = 1,
    parameter int FILL = 0,
    // extents of the whole output, for messages
    parameter int Y_RANK = 1,
    parameter [32*8-1:0] Y_DIMS = 1
);
  t2c_mem #(X_FILE, X_N, X_W, X_SIGNED, X_SUM0, X_SUM1) x_mem ();
  t2c_mem #(Y_FILE, Y_N, Y_W, Y_SIGNED, Y_SUM0, Y_SUM1) y_mem ();
  t2c_mem #(MAP_FILE, MAP_N, 32, 1) map_mem ();
  t2c_mem #(SAMPLE_FILE, SAMPLE_N, 32, 0) sample_mem ();
  t2c_report #(NAME, Y_RANK, Y_DIMS) report ();

  int d;
  int rest;
  int at;
  int start;
  int from;
  int to;
  int entry;
  logic fill;

  task output_of(input int o);
    report.outputs = report.outputs + 1;
    from = o;
    to = o;
    fill = 1'b0;
    if (MAP_FILE != "") begin
      from = 0;
      to = Y_BASE;
      rest = o;
      start = MAP_N;
      for (d = RANK - 1; d >= 0; d = d - 1) begin
        at = rest % int'(DIMS[32*d+:32]);
        rest = rest / int'(DIMS[32*d+:32]);
        start = start - int'(DIMS[32*d+:32]);
        entry = int'(map_mem.at(start + at));
        if (entry < 0) fill = 1'b1;
        from = from + entry;
        to = to + at * int'(Y_STRIDES[32*d+:32]);
      end
    end
    if (fill) report.compare(Y_FILE, to, longint'(FILL), y_mem.at(to), (^y_mem.mem[to]) !== 1'bx);
    else report.compare(Y_FILE, to, x_mem.at(from), y_mem.at(to), (^y_mem.mem[to]) !== 1'bx);
  endtask

  int i;
  int wrong;

  initial begin
    #1;
    if ($test$plusargs("all") || SAMPLE_FILE == "") for (i = 0; i < BOX; i = i + 1) output_of(i);
    else for (i = 0; i < SAMPLE_N; i = i + 1) output_of(int'(sample_mem.at(i)));
    x_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    y_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    report.finish(BOX);
  end
endmodule
`,
  'tb/t2c_tb_pair.sv': String.raw`// Test bench of one add, sub or mul: OP 0 has t2c_add as its DUT, OP 1 t2c_mul. The operands broadcast: a stride per axis of the
// output, 0 where an operand has one element. Checks the outputs that SAMPLE lists, or with the plusarg +all every one.
module t2c_tb_pair #(
    parameter NAME = "",
    parameter int OP = 0,
    parameter A_FILE = "",
    parameter int A_N = 1,
    parameter int A_W = 8,
    parameter int A_SIGNED = 0,
    parameter [63:0] A_SUM0 = 0,
    parameter [63:0] A_SUM1 = 0,
    parameter B_FILE = "",
    parameter int B_N = 1,
    parameter int B_W = 8,
    parameter int B_SIGNED = 0,
    parameter [63:0] B_SUM0 = 0,
    parameter [63:0] B_SUM1 = 0,
    // mul only
    parameter MUL_FILE = "",
    parameter int MUL_N = 1,
    parameter int MUL_W = 32,
    parameter int MUL_SIGNED = 1,
    parameter [63:0] MUL_SUM0 = 0,
    parameter [63:0] MUL_SUM1 = 0,
    parameter SHIFT_FILE = "",
    parameter int SHIFT_N = 1,
    parameter int SHIFT_W = 8,
    parameter int SHIFT_SIGNED = 0,
    parameter [63:0] SHIFT_SUM0 = 0,
    parameter [63:0] SHIFT_SUM1 = 0,
    parameter Y_FILE = "",
    parameter int Y_N = 1,
    parameter int Y_W = 8,
    parameter int Y_SIGNED = 0,
    parameter [63:0] Y_SUM0 = 0,
    parameter [63:0] Y_SUM1 = 0,
    // no file: every output
    parameter SAMPLE_FILE = "",
    parameter int SAMPLE_N = 1,
    parameter int RANK = 1,
    parameter [32*8-1:0] DIMS = 1,
    parameter [32*8-1:0] A_STRIDES = 0,
    parameter [32*8-1:0] B_STRIDES = 0,
    parameter int ZA = 0,
    parameter int ZB = 0,
    parameter int ZY = 0,
    parameter int LO = 0,
    parameter int HI = 255,
    parameter int ROUNDING = 0,
    // add and sub only
    parameter int MUL_A = 1,
    parameter int MUL_B = 1,
    parameter int SHIFT = 0,
    // width of the DUT's multipliers
    parameter int MUL_BITS = 16
);
  logic clk = 1'b0;
  logic rst = 1'b1;
  logic valid = 1'b0;
  logic [A_W-1:0] a;
  logic [B_W-1:0] b;
  logic signed [MUL_BITS-1:0] mul;
  logic [5:0] shift;
  logic done;
  logic [Y_W-1:0] y;

  t2c_mem #(A_FILE, A_N, A_W, A_SIGNED, A_SUM0, A_SUM1) a_mem ();
  t2c_mem #(B_FILE, B_N, B_W, B_SIGNED, B_SUM0, B_SUM1) b_mem ();
  t2c_mem #(MUL_FILE, MUL_N, MUL_W, MUL_SIGNED, MUL_SUM0, MUL_SUM1) mul_mem ();
  t2c_mem #(SHIFT_FILE, SHIFT_N, SHIFT_W, SHIFT_SIGNED, SHIFT_SUM0, SHIFT_SUM1) shift_mem ();
  t2c_mem #(Y_FILE, Y_N, Y_W, Y_SIGNED, Y_SUM0, Y_SUM1) y_mem ();
  t2c_mem #(SAMPLE_FILE, SAMPLE_N, 32, 0) sample_mem ();
  t2c_report #(NAME, RANK, DIMS) report ();

  generate
    if (OP == 0) begin : add
      t2c_add #(
          .A_W(A_W),
          .A_SIGNED(A_SIGNED),
          .B_W(B_W),
          .B_SIGNED(B_SIGNED),
          .MUL_W(MUL_BITS),
          .OUT_W(Y_W),
          .ROUNDING(ROUNDING)
      ) dut (
          .clk(clk),
          .rst(rst),
          .valid(valid),
          .a(a),
          .b(b),
          .za(ZA[A_W:0]),
          .zb(ZB[B_W:0]),
          .mul_a(MUL_A[MUL_BITS-1:0]),
          .mul_b(MUL_B[MUL_BITS-1:0]),
          .shift(SHIFT[5:0]),
          .zy(ZY[Y_W:0]),
          .lo(LO[Y_W:0]),
          .hi(HI[Y_W:0]),
          .done(done),
          .y(y)
      );
    end else begin : multiply
      t2c_mul #(
          .A_W(A_W),
          .A_SIGNED(A_SIGNED),
          .B_W(B_W),
          .B_SIGNED(B_SIGNED),
          .MUL_W(MUL_BITS),
          .OUT_W(Y_W),
          .ROUNDING(ROUNDING)
      ) dut (
          .clk(clk),
          .rst(rst),
          .valid(valid),
          .a(a),
          .b(b),
          .za(ZA[A_W:0]),
          .zb(ZB[B_W:0]),
          .mul(mul),
          .shift(shift),
          .zy(ZY[Y_W:0]),
          .lo(LO[Y_W:0]),
          .hi(HI[Y_W:0]),
          .done(done),
          .y(y)
      );
    end
  endgenerate

  always #5 clk = ~clk;

  int d;
  int rest;
  int at;
  int at_a;
  int at_b;
  int channel = 0;
  int clocks;

  task output_of(input int o);
    report.outputs = report.outputs + 1;
    at_a = 0;
    at_b = 0;
    rest = o;
    for (d = RANK - 1; d >= 0; d = d - 1) begin
      at = rest % int'(DIMS[32*d+:32]);
      rest = rest / int'(DIMS[32*d+:32]);
      at_a = at_a + at * int'(A_STRIDES[32*d+:32]);
      at_b = at_b + at * int'(B_STRIDES[32*d+:32]);
    end
    a = a_mem.mem[at_a][A_W-1:0];
    b = b_mem.mem[at_b][B_W-1:0];
    mul = MUL_BITS'(mul_mem.at(0));
    shift = shift_mem.mem[SHIFT_N == 1 ? 0 : channel][5:0];
    if (shift_mem.mem[SHIFT_N == 1 ? 0 : channel] > 8'd62) report.compare("shift, largest 62,", o, 62, shift_mem.at(SHIFT_N == 1 ? 0 : channel), 1'b1);
    valid = 1'b1;
    @(negedge clk);
    valid = 1'b0;
    clocks = 0;
    while (done !== 1'b1 && clocks < 1000000) begin
      @(negedge clk);
      clocks = clocks + 1;
    end
    if (done !== 1'b1) report.silent(o);
    else report.compare(Y_FILE, o, y_mem.at(o), Y_SIGNED != 0 ? longint'($signed(y)) : longint'({1'b0, y}), (^y) !== 1'bx);
  endtask

  int i;
  int wrong;

  initial begin
    repeat (2) @(negedge clk);
    rst = 1'b0;
    if ($test$plusargs("all") || SAMPLE_FILE == "") for (i = 0; i < Y_N; i = i + 1) output_of(i);
    else for (i = 0; i < SAMPLE_N; i = i + 1) output_of(int'(sample_mem.at(i)));
    a_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    b_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    mul_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    shift_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    y_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    report.finish(Y_N);
  end
endmodule
`,
  'tb/t2c_tb_softmax.sv': String.raw`// Test bench of one softmax (t2c_softmax), row by row along an axis: element j of row r is (r / INNER) * LEN * INNER + r % INNER + j * INNER.
// The mask broadcasts: a stride per axis of the output; without a file nothing is masked. Checks the rows that SAMPLE lists, or with
// the plusarg +all every one.
module t2c_tb_softmax #(
    parameter NAME = "",
    parameter X_FILE = "",
    parameter int X_N = 1,
    parameter int X_W = 8,
    parameter int X_SIGNED = 0,
    parameter [63:0] X_SUM0 = 0,
    parameter [63:0] X_SUM1 = 0,
    parameter LUT_FILE = "",
    parameter int LUT_N = 1,
    parameter int LUT_W = 16,
    parameter int LUT_SIGNED = 0,
    parameter [63:0] LUT_SUM0 = 0,
    parameter [63:0] LUT_SUM1 = 0,
    parameter MASK_FILE = "",
    parameter int MASK_N = 1,
    parameter int MASK_W = 8,
    parameter int MASK_SIGNED = 0,
    parameter [63:0] MASK_SUM0 = 0,
    parameter [63:0] MASK_SUM1 = 0,
    parameter Y_FILE = "",
    parameter int Y_N = 1,
    parameter int Y_W = 8,
    parameter int Y_SIGNED = 0,
    parameter [63:0] Y_SUM0 = 0,
    parameter [63:0] Y_SUM1 = 0,
    // no file: every output
    parameter SAMPLE_FILE = "",
    parameter int SAMPLE_N = 1,
    parameter int RANK = 1,
    parameter [32*8-1:0] DIMS = 1,
    parameter [32*8-1:0] MASK_STRIDES = 0,
    parameter int ROWS = 1,
    parameter int LEN = 1,
    parameter int INNER = 1,
    // 0 divide, 1 reciprocal, 2 deferred
    parameter int MODE = 0,
    // of an entry of the table
    parameter int E_BITS = 16
);
  logic clk = 1'b0;
  logic rst = 1'b1;
  logic valid = 1'b0;
  logic last = 1'b0;
  logic masked = 1'b0;
  logic [X_W-1:0] x;
  logic [X_W-1:0] table_last;
  logic [X_W-1:0] table_addr;
  logic [E_BITS-1:0] table_data;
  logic done;
  logic [Y_W-1:0] y;

  t2c_mem #(X_FILE, X_N, X_W, X_SIGNED, X_SUM0, X_SUM1) x_mem ();
  t2c_mem #(LUT_FILE, LUT_N, LUT_W, LUT_SIGNED, LUT_SUM0, LUT_SUM1) lut_mem ();
  t2c_mem #(MASK_FILE, MASK_N, MASK_W, MASK_SIGNED, MASK_SUM0, MASK_SUM1) mask_mem ();
  t2c_mem #(Y_FILE, Y_N, Y_W, Y_SIGNED, Y_SUM0, Y_SUM1) y_mem ();
  t2c_mem #(SAMPLE_FILE, SAMPLE_N, 32, 0) sample_mem ();
  t2c_report #(NAME, RANK, DIMS) report ();

  localparam int LAST = LUT_N - 1;
  assign table_last = LAST[X_W-1:0];
  assign table_data = lut_mem.mem[int'(table_addr)][E_BITS-1:0];

  t2c_softmax #(
      .X_W(X_W),
      .X_SIGNED(X_SIGNED),
      .E_W(E_BITS),
      .OUT_W(Y_W),
      .ROW(LEN),
      .MODE(MODE)
  ) dut (
      .clk(clk),
      .rst(rst),
      .valid(valid),
      .last(last),
      .masked(masked),
      .x(x),
      .table_last(table_last),
      .table_addr(table_addr),
      .table_data(table_data),
      .done(done),
      .y(y)
  );

  always #5 clk = ~clk;

  int j;
  int d;
  int o;
  int rest;
  int at_mask;
  int base;
  int clocks;

  task row_of(input int r);
    report.outputs = report.outputs + LEN;
    base = (r / INNER) * LEN * INNER + r % INNER;
    for (j = 0; j < LEN; j = j + 1) begin
      o = base + j * INNER;
      rest = o;
      at_mask = 0;
      for (d = RANK - 1; d >= 0; d = d - 1) begin
        at_mask = at_mask + (rest % int'(DIMS[32*d+:32])) * int'(MASK_STRIDES[32*d+:32]);
        rest = rest / int'(DIMS[32*d+:32]);
      end
      x = x_mem.mem[o][X_W-1:0];
      masked = mask_mem.at(at_mask) == 1;
      valid = 1'b1;
      last = j == LEN - 1;
      @(negedge clk);
    end
    valid = 1'b0;
    clocks = 0;
    for (j = 0; j < LEN && clocks < 1000000; j = j + 1) begin
      o = base + j * INNER;
      while (done !== 1'b1 && clocks < 1000000) begin
        @(negedge clk);
        clocks = clocks + 1;
      end
      if (done !== 1'b1) report.silent(o);
      else report.compare(Y_FILE, o, y_mem.at(o), Y_SIGNED != 0 ? longint'($signed(y)) : longint'({1'b0, y}), (^y) !== 1'bx);
      @(negedge clk);
    end
  endtask

  int i;
  int wrong;

  initial begin
    repeat (2) @(negedge clk);
    rst = 1'b0;
    if ($test$plusargs("all") || SAMPLE_FILE == "") for (i = 0; i < ROWS; i = i + 1) row_of(i);
    else for (i = 0; i < SAMPLE_N; i = i + 1) row_of(int'(sample_mem.at(i)));
    x_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    lut_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    mask_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    y_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    report.finish(Y_N);
  end
endmodule
`,
  'tb/t2c_tb_unary.sv': String.raw`// Test bench of one requant or table: OP 0 has t2c_rescale as its DUT, OP 1 t2c_lut. Multipliers are one, or one per index of the
// axis whose steps are CHANNEL_STRIDE elements apart. Checks the outputs that SAMPLE lists, or with the plusarg +all every one.
module t2c_tb_unary #(
    parameter NAME = "",
    parameter int OP = 0,
    parameter X_FILE = "",
    parameter int X_N = 1,
    parameter int X_W = 8,
    parameter int X_SIGNED = 0,
    parameter [63:0] X_SUM0 = 0,
    parameter [63:0] X_SUM1 = 0,
    // requant only
    parameter MUL_FILE = "",
    parameter int MUL_N = 1,
    parameter int MUL_W = 32,
    parameter int MUL_SIGNED = 1,
    parameter [63:0] MUL_SUM0 = 0,
    parameter [63:0] MUL_SUM1 = 0,
    parameter SHIFT_FILE = "",
    parameter int SHIFT_N = 1,
    parameter int SHIFT_W = 8,
    parameter int SHIFT_SIGNED = 0,
    parameter [63:0] SHIFT_SUM0 = 0,
    parameter [63:0] SHIFT_SUM1 = 0,
    // table only
    parameter LUT_FILE = "",
    parameter int LUT_N = 1,
    parameter int LUT_W = 8,
    parameter int LUT_SIGNED = 0,
    parameter [63:0] LUT_SUM0 = 0,
    parameter [63:0] LUT_SUM1 = 0,
    parameter Y_FILE = "",
    parameter int Y_N = 1,
    parameter int Y_W = 8,
    parameter int Y_SIGNED = 0,
    parameter [63:0] Y_SUM0 = 0,
    parameter [63:0] Y_SUM1 = 0,
    // no file: every output
    parameter SAMPLE_FILE = "",
    parameter int SAMPLE_N = 1,
    parameter int RANK = 1,
    parameter [32*8-1:0] DIMS = 1,
    parameter int CHANNELS = 1,
    parameter int CHANNEL_STRIDE = 1,
    parameter int ZX = 0,
    parameter int ZY = 0,
    parameter int LO = 0,
    parameter int HI = 255,
    parameter int ROUNDING = 0,
    parameter int OFFSET = 0,
    // width of the DUT's multiplier
    parameter int MUL_BITS = 16
);
  logic clk = 1'b0;
  logic rst = 1'b1;
  logic valid = 1'b0;
  logic [X_W-1:0] x;
  logic signed [MUL_BITS-1:0] mul;
  logic [5:0] shift;
  logic [X_W-1:0] table_addr;
  logic [Y_W-1:0] table_data;
  logic done;
  logic [Y_W-1:0] y;

  t2c_mem #(X_FILE, X_N, X_W, X_SIGNED, X_SUM0, X_SUM1) x_mem ();
  t2c_mem #(MUL_FILE, MUL_N, MUL_W, MUL_SIGNED, MUL_SUM0, MUL_SUM1) mul_mem ();
  t2c_mem #(SHIFT_FILE, SHIFT_N, SHIFT_W, SHIFT_SIGNED, SHIFT_SUM0, SHIFT_SUM1) shift_mem ();
  t2c_mem #(LUT_FILE, LUT_N, LUT_W, LUT_SIGNED, LUT_SUM0, LUT_SUM1) lut_mem ();
  t2c_mem #(Y_FILE, Y_N, Y_W, Y_SIGNED, Y_SUM0, Y_SUM1) y_mem ();
  t2c_mem #(SAMPLE_FILE, SAMPLE_N, 32, 0) sample_mem ();
  t2c_report #(NAME, RANK, DIMS) report ();

  generate
    if (OP == 0) begin : rescale
      t2c_rescale #(
          .X_W(X_W),
          .X_SIGNED(X_SIGNED),
          .MUL_W(MUL_BITS),
          .OUT_W(Y_W),
          .ROUNDING(ROUNDING)
      ) dut (
          .clk(clk),
          .rst(rst),
          .valid(valid),
          .x(x),
          .zx(ZX[X_W:0]),
          .mul(mul),
          .shift(shift),
          .zy(ZY[Y_W:0]),
          .lo(LO[Y_W:0]),
          .hi(HI[Y_W:0]),
          .done(done),
          .y(y)
      );
    end else begin : lookup
      assign table_data = lut_mem.mem[int'(table_addr)][Y_W-1:0];
      t2c_lut #(
          .X_W(X_W),
          .X_SIGNED(X_SIGNED),
          .OUT_W(Y_W)
      ) dut (
          .clk(clk),
          .rst(rst),
          .valid(valid),
          .x(x),
          .offset(OFFSET[X_W:0]),
          .table_addr(table_addr),
          .table_data(table_data),
          .done(done),
          .y(y)
      );
    end
  endgenerate

  always #5 clk = ~clk;

  int channel;
  int clocks;

  task output_of(input int o);
    report.outputs = report.outputs + 1;
    channel = (o / CHANNEL_STRIDE) % CHANNELS;
    x = x_mem.mem[o][X_W-1:0];
    mul = MUL_BITS'(mul_mem.at(MUL_N == 1 ? 0 : channel));
    shift = shift_mem.mem[SHIFT_N == 1 ? 0 : channel][5:0];
    if (shift_mem.mem[SHIFT_N == 1 ? 0 : channel] > 8'd62) report.compare("shift, largest 62,", o, 62, shift_mem.at(SHIFT_N == 1 ? 0 : channel), 1'b1);
    valid = 1'b1;
    @(negedge clk);
    valid = 1'b0;
    clocks = 0;
    while (done !== 1'b1 && clocks < 1000000) begin
      @(negedge clk);
      clocks = clocks + 1;
    end
    if (done !== 1'b1) report.silent(o);
    else report.compare(Y_FILE, o, y_mem.at(o), Y_SIGNED != 0 ? longint'($signed(y)) : longint'({1'b0, y}), (^y) !== 1'bx);
  endtask

  int i;
  int wrong;

  initial begin
    repeat (2) @(negedge clk);
    rst = 1'b0;
    if ($test$plusargs("all") || SAMPLE_FILE == "") for (i = 0; i < Y_N; i = i + 1) output_of(i);
    else for (i = 0; i < SAMPLE_N; i = i + 1) output_of(int'(sample_mem.at(i)));
    x_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    mul_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    shift_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    lut_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    y_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    report.finish(Y_N);
  end
endmodule
`,
  'tb/t2c_tb_window.sv': String.raw`// Test bench of one pool or reduce: OP 0 has t2c_sum as its DUT (averages), OP 1 t2c_max. A window over all axes: position p of a
// tap k is o * STRIDES - PADS + k * DILATIONS; a reduced axis is a window as large as the tensor. Outside of the tensor the DUT gets
// the zero point (sum) or the lower end of the range (max). With INDEX, output position p takes multiplier INDEX[p % INDEX_N].
// Checks the outputs that SAMPLE lists, or with the plusarg +all every one.
module t2c_tb_window #(
    parameter NAME = "",
    parameter int OP = 0,
    parameter X_FILE = "",
    parameter int X_N = 1,
    parameter int X_W = 8,
    parameter int X_SIGNED = 0,
    parameter [63:0] X_SUM0 = 0,
    parameter [63:0] X_SUM1 = 0,
    // averages only
    parameter MUL_FILE = "",
    parameter int MUL_N = 1,
    parameter int MUL_W = 32,
    parameter int MUL_SIGNED = 1,
    parameter [63:0] MUL_SUM0 = 0,
    parameter [63:0] MUL_SUM1 = 0,
    parameter SHIFT_FILE = "",
    parameter int SHIFT_N = 1,
    parameter int SHIFT_W = 8,
    parameter int SHIFT_SIGNED = 0,
    parameter [63:0] SHIFT_SUM0 = 0,
    parameter [63:0] SHIFT_SUM1 = 0,
    parameter INDEX_FILE = "",
    parameter int INDEX_N = 1,
    parameter int INDEX_W = 8,
    parameter int INDEX_SIGNED = 0,
    parameter [63:0] INDEX_SUM0 = 0,
    parameter [63:0] INDEX_SUM1 = 0,
    parameter ACC_FILE = "",
    parameter int ACC_N = 1,
    parameter int ACC_W = 32,
    parameter int ACC_SIGNED = 1,
    parameter [63:0] ACC_SUM0 = 0,
    parameter [63:0] ACC_SUM1 = 0,
    parameter Y_FILE = "",
    parameter int Y_N = 1,
    parameter int Y_W = 8,
    parameter int Y_SIGNED = 0,
    parameter [63:0] Y_SUM0 = 0,
    parameter [63:0] Y_SUM1 = 0,
    // no file: every output
    parameter SAMPLE_FILE = "",
    parameter int SAMPLE_N = 1,
    parameter int RANK = 1,
    parameter [32*8-1:0] DIMS = 1,
    // of the window, as many axes as the input has; OUT: extents of the output, with 1 for an axis that was reduced
    parameter int AXES = 1,
    parameter [32*8-1:0] IN = 1,
    parameter [32*8-1:0] OUT = 1,
    parameter [32*8-1:0] KERNEL = 1,
    parameter [32*8-1:0] STRIDES = 1,
    parameter [32*8-1:0] PADS = 0,
    parameter [32*8-1:0] DILATIONS = 1,
    parameter int TAPS = 1,
    parameter int ZX = 0,
    parameter int X_LO = 0,
    parameter int ZY = 0,
    parameter int LO = 0,
    parameter int HI = 255,
    parameter int ROUNDING = 0,
    parameter int LIMIT = 0,
    // widths of the DUT
    parameter int ACC_BITS = 24,
    parameter int MUL_BITS = 16
);
  logic clk = 1'b0;
  logic rst = 1'b1;
  logic valid = 1'b0;
  logic first = 1'b0;
  logic last = 1'b0;
  logic [X_W-1:0] x;
  logic signed [MUL_BITS-1:0] mul;
  logic [5:0] shift;
  logic done;
  logic signed [ACC_BITS-1:0] acc;
  logic [Y_W-1:0] y;

  t2c_mem #(X_FILE, X_N, X_W, X_SIGNED, X_SUM0, X_SUM1) x_mem ();
  t2c_mem #(MUL_FILE, MUL_N, MUL_W, MUL_SIGNED, MUL_SUM0, MUL_SUM1) mul_mem ();
  t2c_mem #(SHIFT_FILE, SHIFT_N, SHIFT_W, SHIFT_SIGNED, SHIFT_SUM0, SHIFT_SUM1) shift_mem ();
  t2c_mem #(INDEX_FILE, INDEX_N, INDEX_W, INDEX_SIGNED, INDEX_SUM0, INDEX_SUM1) index_mem ();
  t2c_mem #(ACC_FILE, ACC_N, ACC_W, ACC_SIGNED, ACC_SUM0, ACC_SUM1) acc_mem ();
  t2c_mem #(Y_FILE, Y_N, Y_W, Y_SIGNED, Y_SUM0, Y_SUM1) y_mem ();
  t2c_mem #(SAMPLE_FILE, SAMPLE_N, 32, 0) sample_mem ();
  t2c_report #(NAME, RANK, DIMS) report ();

  generate
    if (OP == 0) begin : average
      t2c_sum #(
          .X_W(X_W),
          .X_SIGNED(X_SIGNED),
          .ACC_W(ACC_BITS),
          .MUL_W(MUL_BITS),
          .OUT_W(Y_W),
          .ROUNDING(ROUNDING),
          .LIMIT(LIMIT)
      ) dut (
          .clk(clk),
          .rst(rst),
          .valid(valid),
          .first(first),
          .last(last),
          .x(x),
          .zx(ZX[X_W:0]),
          .mul(mul),
          .shift(shift),
          .zy(ZY[Y_W:0]),
          .lo(LO[Y_W:0]),
          .hi(HI[Y_W:0]),
          .done(done),
          .acc(acc),
          .y(y)
      );
    end else begin : largest
      assign acc = {ACC_BITS{1'b0}};
      t2c_max #(
          .X_W(X_W),
          .X_SIGNED(X_SIGNED)
      ) dut (
          .clk(clk),
          .rst(rst),
          .valid(valid),
          .first(first),
          .last(last),
          .x(x),
          .done(done),
          .y(y)
      );
    end
  endgenerate

  always #5 clk = ~clk;

  int tap;
  int d;
  int rest_o;
  int rest_k;
  int stride;
  int at;
  int from;
  int channel;
  int clocks;
  logic inside_x;

  task output_of(input int o);
    report.outputs = report.outputs + 1;
    channel = MUL_N == 1 ? 0 : int'(index_mem.at(o % INDEX_N));
    mul = MUL_BITS'(mul_mem.at(channel));
    shift = shift_mem.mem[SHIFT_N == 1 ? 0 : channel][5:0];
    if (shift_mem.mem[SHIFT_N == 1 ? 0 : channel] > 8'd62) report.compare("shift, largest 62,", o, 62, shift_mem.at(SHIFT_N == 1 ? 0 : channel), 1'b1);
    for (tap = 0; tap < TAPS; tap = tap + 1) begin
      rest_o = o;
      rest_k = tap;
      stride = 1;
      from = 0;
      inside_x = 1'b1;
      for (d = AXES - 1; d >= 0; d = d - 1) begin
        at = (rest_o % int'(OUT[32*d+:32])) * int'(STRIDES[32*d+:32]) - int'(PADS[32*d+:32]) + (rest_k % int'(KERNEL[32*d+:32])) * int'(DILATIONS[32*d+:32]);
        rest_o = rest_o / int'(OUT[32*d+:32]);
        rest_k = rest_k / int'(KERNEL[32*d+:32]);
        if (at < 0 || at >= int'(IN[32*d+:32])) inside_x = 1'b0;
        from = from + at * stride;
        stride = stride * int'(IN[32*d+:32]);
      end
      x = inside_x ? x_mem.mem[from][X_W-1:0] : OP == 0 ? ZX[X_W-1:0] : X_LO[X_W-1:0];
      valid = 1'b1;
      first = tap == 0;
      last = tap == TAPS - 1;
      @(negedge clk);
    end
    valid = 1'b0;
    clocks = 0;
    while (done !== 1'b1 && clocks < 1000000) begin
      @(negedge clk);
      clocks = clocks + 1;
    end
    if (done !== 1'b1) report.silent(o);
    else begin
      if (OP == 0) report.compare(ACC_FILE, o, acc_mem.at(o), longint'(acc), (^acc) !== 1'bx);
      report.compare(Y_FILE, o, y_mem.at(o), Y_SIGNED != 0 ? longint'($signed(y)) : longint'({1'b0, y}), (^y) !== 1'bx);
    end
  endtask

  int i;
  int wrong;

  initial begin
    repeat (2) @(negedge clk);
    rst = 1'b0;
    if ($test$plusargs("all") || SAMPLE_FILE == "") for (i = 0; i < Y_N; i = i + 1) output_of(i);
    else for (i = 0; i < SAMPLE_N; i = i + 1) output_of(int'(sample_mem.at(i)));
    x_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    mul_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    shift_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    index_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    acc_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    y_mem.check(NAME, wrong);
    report.errors = report.errors + wrong;
    report.finish(Y_N);
  end
endmodule
`,
};
