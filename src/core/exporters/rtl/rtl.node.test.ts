// rtl/ of hand-made bundles in Icarus Verilog: the golden vectors pass, every changed file and every planted fault is found.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Rounding } from '../../ir/integer-model';
import { collect, tinyInput } from '../tiny-bundle.fixture';
import { profileInput, profiles } from '../profile-bundle.fixture';
import { tokenInput } from '../token-bundle.fixture';
import { nonlinearInput } from '../nonlinear-bundle.fixture';
import { makeIn, simulate, withDigit, withText } from './simulate.fixture';
import { rtlSources } from './sources';

const roundings = ['half-up', 'half-even', 'half-away', 'floor'] as const;
const tiny = async (rounding: Rounding = 'half-up') => collect(tinyInput(rounding, ['rtl']));
const ok = /^OK: \d+ test benches$/m;

test('the embedded sources are those of sv/, byte for byte', () => {
  const read = ['dut', 'tb'].flatMap((part) =>
    readdirSync(new URL(`sv/${part}/`, import.meta.url)).map((name) => [
      `${part}/${name}`,
      readFileSync(new URL(`sv/${part}/${name}`, import.meta.url), 'utf8'),
    ]),
  );
  expect(rtlSources).toEqual(Object.fromEntries(read));
});

test('hex comes along, and the bundle says what is in it', async () => {
  const files = await tiny();
  expect(files.has('hex/fc_yq.mem')).toBe(true);
  const text = (path: string): string => new TextDecoder().decode(files.get(path));
  expect(text('rtl/files.f')).toMatch(/^dut\/t2c_linear\.sv$/m);
  expect(text('rtl/README.md')).toMatch(/module t2c_linear #\(/);
  const manifest = JSON.parse(text('manifest.json')) as { files: Record<string, string> };
  expect(Object.keys(manifest.files)).toContain('rtl/Makefile');
});

test('hex packed otherwise is refused', async () => {
  const input = { ...tinyInput('half-up', ['rtl']), options: { hex: { wordWidth: '64' } } };
  await expect(collect(input)).rejects.toMatchObject({
    fields: { code: 'bad-usage', what: expect.stringContaining('The test benches of rtl') as string },
  });
});

describe('Icarus Verilog agrees with the slow reading', () => {
  test.each(roundings)('every kind of op: %s', async (rounding) => {
    const { status, output } = simulate(await tiny(rounding));
    expect(output).toMatch(ok);
    expect(status).toBe(0);
  });

  test.each(roundings)('tokens with scales of their own: %s', async (rounding) => {
    const { status, output } = simulate(await collect({ ...(await tokenInput(rounding)), formats: ['rtl'] }));
    expect(output).toMatch(ok);
    expect(status).toBe(0);
  });

  test.each([
    ['divide', 'half-up'],
    ['divide', 'half-away'],
    ['reciprocal', 'half-even'],
    ['reciprocal', 'floor'],
    ['deferred', 'half-up'],
    ['deferred', 'half-away'],
  ] as const)('a text model, %s, %s', async (mode, rounding) => {
    const { status, output } = simulate(await collect({ ...(await nonlinearInput(mode, rounding)), formats: ['rtl'] }));
    expect(output).toMatch(ok);
    expect(status).toBe(0);
  });
});

test.each(profiles.map((p) => [JSON.stringify(p), p] as const))('Icarus Verilog agrees under the profile %s', async (_, profile) => {
  const files = await collect({ ...(await profileInput(profile)), formats: ['rtl'] });
  const [run, lint] = makeIn(files, [], ['lint']);
  expect(run?.output).toMatch(ok);
  expect(run?.status).toBe(0);
  expect([lint?.output, lint?.status]).toEqual(['', 0]);
});

test.each([
  ['one rounding instead of two', 0, 'dut/t2c_requant.sv', "+ 64'sd1073741824", ''],
  ['no shift to the right', 0, 'dut/t2c_requant.sv', '.shift(right_by)', ".shift(6'd0)"],
  ['a register that holds everything', 7, 'dut/t2c_register.sv', 'LIMIT == 0 || B >= ACC_W', '1'],
  ['a register that wraps instead', 8, 'dut/t2c_register.sv', 'LIMIT < 0) begin', 'B > 0) begin'],
] as const)('a fault under a profile is found: %s', async (_, i, path, from, to) => {
  const files = await collect({ ...(await profileInput(profiles[i])), formats: ['rtl'] });
  const { status, output } = simulate(withText(files, `rtl/${path}`, from, to));
  expect(output).toMatch(/MISMATCH op /);
  expect(status).not.toBe(0);
});

test('a sample of the outputs, and all of them on request', async () => {
  const input = { ...tinyInput('half-up', ['rtl']), options: { rtl: { count: 8 } } };
  const [some, all] = makeIn(await collect(input), [], ['ALL=1']);
  expect(some?.output).toMatch(/PASS op layer1\.0\.conv1: (8|9|1\d) of 48 outputs/);
  expect(some?.output).toMatch(ok);
  expect(all?.output).toMatch(/PASS op layer1\.0\.conv1: 48 of 48 outputs/);
  expect(all?.output).toMatch(ok);
});

describe('a changed digit', () => {
  test.each([
    [
      'hex/layer1.0.conv1_yq.mem',
      13,
      /MISMATCH op layer1\.0\.conv1: \S*conv1_yq\.mem index \[0, 1, 0, 1\] \(element 13\): expected -?\d+, got -?\d+/,
    ],
    ['hex/layer1.0.conv1_y.mem', 13, /MISMATCH op layer1\.0\.conv1: \S*conv1_y\.mem index \[0, 1, 0, 1\]/],
    ['hex/layer1.0.conv1_x2.mem', 5, /MISMATCH op layer1\.0\.conv1: \S*conv1_x2\.mem element 5 /],
    ['hex/fc_bias.mem', 2, /MISMATCH op fc: \S*fc_bias\.mem element 2 /],
    ['hex/fc_shift.mem', 4, /MISMATCH op fc: \S*fc_shift\.mem element 4 /],
  ])('of %s', async (path, i, line) => {
    const { status, output } = simulate(withDigit(await tiny(), path, i));
    expect(output).toMatch(line);
    expect(status).not.toBe(0);
  });

  test('of an output that is not simulated', async () => {
    const input = { ...tinyInput('half-up', ['rtl']), options: { rtl: { count: 1 } } };
    const { status, output } = simulate(withDigit(await collect(input), 'hex/layer1.0.conv1_yq.mem', 26));
    expect(output).toMatch(/MISMATCH op layer1\.0\.conv1: \S*conv1_yq\.mem element 26 is not as exported: expected/);
    expect(status).not.toBe(0);
  });
});

describe('a planted fault is found:', () => {
  test.each([
    ['a shift one too large', 'dut/t2c_requant.sv', '.shift(shift)', ".shift(shift + 6'd1)"],
    ['no rounding', 'dut/t2c_round.sv', 'assign up = half;', "assign up = 1'b0;"],
    ['no zero point of the output', 'dut/t2c_clamp.sv', 'v_x + zero_x', 'v_x'],
    ['no zero point of the input', 'dut/t2c_offset.sv', 'q_x - zero_point', 'q_x'],
    ['no clamp from above', 'dut/t2c_clamp.sv', 'sum > hi_x', "1'b0"],
    ['no bias', 'dut/t2c_mac.sv', '(first ? bias : acc)', "(first ? {ACC_W{1'b0}} : acc)"],
    ['a narrow multiplier', 'dut/t2c_requant.sv', '{{ACC_W{mul[MUL_W-1]}}, mul}', "{{(ACC_W + 2) {1'b0}}, mul[MUL_W-3:0]}"],
  ])('%s', async (_, path, from, to) => {
    const { status, output } = simulate(withText(await tiny(), `rtl/${path}`, from, to));
    expect(output).toMatch(/MISMATCH op \S+: \S+ index \[.*\] \(element \d+\): expected -?\d+, got -?\d+/);
    expect(status).not.toBe(0);
  });
});

test('Verilator has nothing to say', async () => {
  const [tinyLint] = makeIn(await tiny(), ['lint']);
  expect(tinyLint?.output).toBe('');
  expect(tinyLint?.status).toBe(0);
});
