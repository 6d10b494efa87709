// Check of an op that moves integers and changes none (transpose, slice, expand, pad, gather by constant indices, one operand of a
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
