// What a test bench says of one op: the first mismatch of each tensor with its index, the number of outputs compared, PASS or
// FAIL. A failed bench ends the simulator with a status that is not 0.
module t2c_report #(
    parameter NAME = "",
    parameter int RANK = 1,
    // extents of the output, the first axis in the lowest 32 bits
    parameter [32*8-1:0] DIMS = 1
);
  int errors = 0;
  int shown = 0;
  int outputs = 0;

  task automatic compare(input string tensor, input int i, input longint expected, input longint got, input logic known);
    int rest;
    int size;
    int d;
    int e;
    if (!known || expected != got) begin
      errors = errors + 1;
      if (shown < 4) begin
        shown = shown + 1;
        $write("MISMATCH op %s: %s index [", NAME, tensor);
        rest = i;
        for (d = 0; d < RANK; d = d + 1) begin
          if (d > 0) $write(", ");
          size = 1;
          for (e = d + 1; e < RANK; e = e + 1) size = size * int'(DIMS[32*e+:32]);
          $write("%0d", rest / size);
          rest = rest % size;
        end
        if (known) $display("] (element %0d): expected %0d, got %0d", i, expected, got);
        else $display("] (element %0d): expected %0d, got no number", i, expected);
      end
    end
  endtask

  task automatic silent(input int i);
    errors = errors + 1;
    $display("MISMATCH op %s: element %0d: expected a result, got none within a million clocks", NAME, i);
  endtask

  // of: outputs of the op; 0: a file only
  task automatic finish(input int of);
    if (errors == 0) begin
      if (of > 0) $display("PASS op %s: %0d of %0d outputs", NAME, outputs, of);
      else $display("PASS op %s: a file that it reads", NAME);
      $finish;
    end else begin
      $display("FAIL op %s: %0d mismatches", NAME, errors);
      $fatal(1);
    end
  endtask
endmodule
