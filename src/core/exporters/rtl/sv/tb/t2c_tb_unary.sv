// Test bench of one requant or table: OP 0 has t2c_rescale as its DUT, OP 1 t2c_lut. Multipliers are one, or one per index of the
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
