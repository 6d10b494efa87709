// Faults in modules of every family, and changed digits in every file of hex/: each must be found in Icarus Verilog.
import { describe, expect, test } from 'vitest';
import { nonlinearInput } from '../nonlinear-bundle.fixture';
import { collect, tinyInput } from '../tiny-bundle.fixture';
import { tokenInput } from '../token-bundle.fixture';
import type { BundleInput } from '../bundle-input';
import { simulate, withDigit, withText } from './simulate.fixture';

const rtlOf = async (input: BundleInput | Promise<BundleInput>) => collect({ ...(await input), formats: ['rtl'] });
const bundles = {
  tiny: rtlOf(tinyInput()),
  token: rtlOf(tokenInput()),
  divide: rtlOf(nonlinearInput('divide')),
  reciprocal: rtlOf(nonlinearInput('reciprocal')),
  deferred: rtlOf(nonlinearInput('deferred')),
};

describe('a planted fault is found:', () => {
  test.each([
    ['a square root one too large', 'divide', 'isqrt', 'assign root = found;', "assign root = found + {{(R_W - 1) {1'b0}}, 1'b1};"],
    ['a square root one too small', 'reciprocal', 'isqrt', 'assign root = found;', "assign root = found - {{(R_W - 1) {1'b0}}, 1'b1};"],
    ['a mask that is ignored', 'divide', 'softmax', "entry[X_W] ? {E_W{1'b0}} : table_data", 'table_data'],
    ['a masked element in the maximum', 'divide', 'softmax', '!masked && (', '('],
    ['a quotient without rounding', 'divide', 'softmax', " + {{(N_W - S_W + 1) {1'b0}}, sum[S_W-1:1]}", ''],
    ['a reciprocal without rounding', 'reciprocal', 'softmax', " + {{(P_W - 31) {1'b0}}, 1'b1, 30'd0}", ''],
    ['no mean', 'divide', 'layernorm', ': sum;', ": {C_W{1'b0}};"],
    ['no sign', 'reciprocal', 'layernorm', 'c[C_W-1] ? -unrounded[U_W-1:0]', 'c[C_W-1] ? unrounded[U_W-1:0]'],
    ['no offset', 'divide', 'layernorm', 'u_x * g_x + h_x', 'u_x * g_x'],
    ['a sum of exponentials that is not divided by', 'deferred', 'linear_deferred', 'acc_x * inverse_x', 'acc_x'],
    ['an entry of a table beside the right one', 'tiny', 'lut', 'assign table_addr = x_v[X_W-1:0];', 'assign table_addr = ~x_v[X_W-1:0];'],
    ['the smallest of a window', 'tiny', 'max', 'assign above = x > y;', 'assign above = x < y;'],
    ['an average without zero point', 'tiny', 'sum', '.zero_point(zx)', ".zero_point({(X_W + 1) {1'b0}})"],
    ['a sum of two without one zero point', 'tiny', 'add', '.zero_point(zb)', ".zero_point({(B_W + 1) {1'b0}})"],
    ['a product of two with the other zero point', 'tiny', 'mul', '.zero_point(za)', ".zero_point({(A_W + 1) {1'b0}})"],
    ['a requantization one element late', 'tiny', 'rescale', 'if (valid) held <= x_v;', 'if (done) held <= x_v;'],
    ['a bias before the factor of a token', 'token', 'linear_rows', 'product_x[TOTAL_W-1:0] + bias', 'product_x[TOTAL_W-1:0]'],
  ] as const)('%s', async (_, bundle, module, from, to) => {
    const { status, output } = simulate(withText(await bundles[bundle], `rtl/dut/t2c_${module}.sv`, from, to));
    expect(output).toMatch(/MISMATCH op \S+: \S+ index \[.*\] \(element \d+\): expected -?\d+, got (-?\d+|no number)/);
    expect(status).not.toBe(0);
  });
});

// all files at once: every one of them must be named
test.each(['tiny', 'token', 'divide', 'deferred'] as const)('one changed digit in each file of the %s bundle', async (bundle) => {
  const files = await bundles[bundle];
  const paths = [...files.keys()].filter((path) => path.startsWith('hex/'));
  const changed = paths.reduce<ReadonlyMap<string, Uint8Array>>((all, path) => withDigit(all, path, 0), files);
  const { status, output } = simulate(changed);
  const named = paths.filter((path) =>
    new RegExp(`^MISMATCH op \\S+: \\.\\./${path.replaceAll('.', '\\.')} (index|element)`, 'm').test(output),
  );
  expect(named).toEqual(paths);
  expect(status).not.toBe(0);
});
