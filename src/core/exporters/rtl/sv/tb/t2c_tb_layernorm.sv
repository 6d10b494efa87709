// Test bench of one layer or RMS normalization (t2c_layernorm), row by row of LEN elements. Checks the rows that SAMPLE lists, or
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
