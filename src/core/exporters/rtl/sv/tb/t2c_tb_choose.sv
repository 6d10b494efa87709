// Check of an op that chooses integers and changes none: OP 0, a where: the output is A where C is 1, else B, all broadcast by strides.
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
