// Test bench of one pool or reduce: OP 0 has t2c_sum as its DUT (averages), OP 1 t2c_max. A window over all axes: position p of a
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
