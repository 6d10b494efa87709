// A tensor of the bundle in a test bench: FILE by $readmemh, one element a word, words as wide as the digits written.
// SUM0 is the sum of all words, SUM1 that of (i + 1) * word: so a file that was changed is found although only some outputs
// are simulated, and a single changed word is located. Function at gives an element as an integer.
module t2c_mem #(
    parameter FILE = "",
    parameter int N = 1,
    parameter int BITS = 8,
    parameter int SIGNED = 0,
    parameter [63:0] SUM0 = 0,
    parameter [63:0] SUM1 = 0
);
  localparam int W = 4 * ((BITS + 3) / 4);

  logic [W-1:0] mem[0:N-1];

  initial begin
    if (FILE == "") mem[0] = {W{1'b0}};
    else $readmemh(FILE, mem);
  end

  function automatic longint at(input int i);
    logic [63:0] v;
    v = 64'd0;
    v[W-1:0] = mem[i];
    if (SIGNED != 0 && BITS < 64) begin
      if (v[BITS-1]) v = v - (64'd1 << BITS);
    end
    at = longint'(v);
  endfunction

  // 0: as exported. Prints what is not.
  task automatic check(input string op, output int wrong);
    logic [63:0] word;
    logic [63:0] part;
    logic [63:0] sum0;
    logic [63:0] sum1;
    longint d0;
    longint d1;
    int i;
    sum0 = 64'd0;
    sum1 = 64'd0;
    wrong = 0;
    for (i = 0; i < N; i = i + 1) begin
      if ((^mem[i]) === 1'bx) begin
        if (wrong == 0) $display("MISMATCH op %s: %s element %0d: expected a number, got %h", op, FILE, i, mem[i]);
        wrong = wrong + 1;
      end else begin
        word = 64'd0;
        word[W-1:0] = mem[i];
        part = {32'd0, word[31:0]} + {32'd0, word[63:32]};
        sum0 = sum0 + part;
        sum1 = sum1 + part * (64'(i) + 64'd1);
      end
    end
    if (wrong == 0 && (sum0 != SUM0 || sum1 != SUM1)) begin
      wrong = 1;
      d0 = longint'(sum0 - SUM0);
      d1 = longint'(sum1 - SUM1);
      if (d0 != 0 && d1 % d0 == 0 && d1 / d0 >= 1 && d1 / d0 <= longint'(N)) begin
        i = int'(d1 / d0) - 1;
        word = 64'd0;
        word[W-1:0] = mem[i];
        if (W <= 32) $display("MISMATCH op %s: %s element %0d is not as exported: expected %h, got %h", op, FILE, i, W'(word - d0), mem[i]);
        else $display("MISMATCH op %s: %s element %0d is not as exported: expected another word, got %h", op, FILE, i, mem[i]);
      end else $display("MISMATCH op %s: %s is not as exported: several elements differ", op, FILE);
    end
  endtask
endmodule
