// Test bench of one conv, gemm or matmul: feeds the products of each output checked into the DUT, in the order of the
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
