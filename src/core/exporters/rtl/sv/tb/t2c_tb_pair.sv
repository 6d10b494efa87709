// Test bench of one add, sub or mul: OP 0 has t2c_add as its DUT, OP 1 t2c_mul. The operands broadcast: a stride per axis of the
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
