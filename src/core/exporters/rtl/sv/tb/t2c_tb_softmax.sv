// Test bench of one softmax (t2c_softmax), row by row along an axis: element j of row r is (r / INNER) * LEN * INNER + r % INNER + j * INNER.
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
