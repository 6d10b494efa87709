// Check of a tensor that no op's bench reads: an input of the network that is used by copies, or what nobody reads.
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
