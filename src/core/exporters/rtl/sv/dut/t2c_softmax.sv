// Softmax of one row of up to ROW elements. Elements come in one each clock (valid, last; masked takes one out); then done is high
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
