import { describe, expect, test } from 'vitest';
import { cac } from 'cac';
import { StudioError } from '../core/index';
import { preprocessingOf, refuseImageFlags, shapesOf } from './data-flags';
import { asWritten, flagsOf, joinNegativeValues, keepValuesAsWritten } from './flags';
import { recipeOf } from './recipe-flags';
import { table } from './terminal';

describe('flags', () => {
  test('are typed, and what is not understood names the flag', () => {
    const f = flagsOf({
      samples: 64,
      wbits: 'four',
      multiplierBits: 24,
      mean: '0.485,0.456',
      layer: ['a:wbits=4', 'b:wbits=2'],
      strict: true,
    });
    expect(f.integer('samples', 1)).toBe(64);
    expect(f.integer('multiplier-bits', 8, 31)).toBe(24);
    expect(f.numbers('mean')).toEqual([0.485, 0.456]);
    expect(f.texts('layer')).toEqual(['a:wbits=4', 'b:wbits=2']);
    expect(f.flag('strict')).toBe(true);
    expect(f.text('out')).toBeUndefined();
    expect(() => f.integer('wbits', 2, 8)).toThrow(/--wbits.*a whole number from 2 to 8, got four/);
    for (const abits of ['0x4', '4e0', '0b100', '4.0', '']) {
      expect(() => flagsOf({ abits }).integer('abits', 2, 8), abits).toThrow(/--abits/);
    }
    expect(flagsOf({ std: '-1e-3,.5,2.' }).numbers('std')).toEqual([-1e-3, 0.5, 2]);
    expect(() => flagsOf({ mean: '0x1' }).numbers('mean')).toThrow('--mean is not understood');
    expect(() => f.required('out')).toThrow('--out is missing');
    expect(() => f.text('layer')).toThrow('--layer is given more than once');
    expect(() => flagsOf({ mean: '1,,2' }).numbers('mean')).toThrow(StudioError);
    expect(() => flagsOf({ layout: 'NWHC' }).choice('layout', ['NCHW', 'NHWC'])).toThrow('NCHW or NHWC');
  });

  test('a negative value belongs to the flag before it', () => {
    expect(joinNegativeValues(['quantize', '--mean', '-1,0.5', '--std', '2', 'm.onnx', '-1'])).toEqual([
      'quantize',
      '--mean=-1,0.5',
      '--std',
      '2',
      'm.onnx',
      '-1',
    ]);
  });

  test('shapes and preprocessing', () => {
    expect(shapesOf(flagsOf({ shape: ['x=1x3x224x224', 'a=b=2'] }))).toEqual({ x: [1, 3, 224, 224], 'a=b': [2] });
    expect(() => shapesOf(flagsOf({ shape: 'x=1x0' }))).toThrow('name=1x3x224x224');
    expect(preprocessingOf(flagsOf({ size: 256, crop: 224 }))).toEqual({ resize: 256, size: [224, 224] });
    expect(preprocessingOf(flagsOf({ crop: '200x100' }))).toEqual({ resize: 200, size: [200, 100] });
    expect(preprocessingOf(flagsOf({ size: '32x16', mean: 0.5, scale: 127.5 }))).toEqual({ size: [32, 16], mean: [0.5], scale: 127.5 });
  });

  test('a recipe is made of what was given only', async () => {
    expect(await recipeOf(flagsOf({}))).toEqual({});
    expect(await recipeOf(flagsOf({ wbits: 4, multiplier: 'qformat', sfl: 12, layer: 'fc:abits=6', rounding: 'floor' }))).toEqual({
      weights: { bits: 4 },
      layers: [{ match: 'fc', activationBits: 6 }],
      arithmetic: { rounding: 'floor', multiplier: { kind: 'qformat', swl: 32, sfl: 12 } },
    });
    expect(await recipeOf(flagsOf({ multiplierBits: 20 }))).toEqual({ arithmetic: { multiplier: { kind: 'normalized', bits: 20 } } });
    expect(
      await recipeOf(flagsOf({ activations: 'percentile', activationsPercentile: '99.9', edges8: true, biasCorrection: true })),
    ).toEqual({
      activations: { algorithm: 'percentile', options: { percentile: 99.9 } },
      edges8: true,
      corrections: { bias: true },
    });
    expect(await recipeOf(flagsOf({ multiplier: 'tflite', shift: 'layer', accumulator: '24:wrap' }))).toEqual({
      arithmetic: { multiplier: { kind: 'tflite' }, shift: 'layer', accumulator: { bits: 24, overflow: 'wrap' } },
    });
    await expect(recipeOf(flagsOf({ accumulator: '24' }))).rejects.toThrow('expected 24:wrap or 20:saturate, got 24');
    await expect(recipeOf(flagsOf({ multiplier: 'pow2', multiplierBits: 20 }))).rejects.toThrow('--multiplier-bits does not go');
  });
});

test('a table has straight columns', () => {
  expect(
    table([
      ['a', '1'],
      ['long name', '22'],
    ]),
  ).toEqual(['a           1', 'long name  22']);
});

test('values keep their spelling where they look like numbers', () => {
  const words = keepValuesAsWritten(['--out', '1e3', '--data=007', '--recipe', '', '--json', '010', '--mean=-1,0']);
  const cli = cac('t')
    .option('--out <f>', '')
    .option('--data <f>', '')
    .option('--recipe <f>', '')
    .option('--mean <l>', '')
    .option('--json', '');
  const { options, args } = cli.parse(['node', 't', ...words], { run: false });
  const flags = flagsOf(options);
  expect([flags.text('out'), flags.text('data'), flags.text('mean')]).toEqual(['1e3', '007', '-1,0']);
  expect(() => flags.text('recipe')).toThrow('--recipe has no value');
  expect([flags.flag('json'), ...args.map(asWritten)]).toEqual([true, '010']);
});

test('flags about images are refused for data that are none', () => {
  const info = { name: 'x.npz', kind: 'npz', samples: 1, hasLabels: false, arrays: [] } as const;
  const preprocessing = { resize: undefined, size: [1, 1], scale: 1, mean: [0], std: [1], layout: 'NCHW', channels: 'gray' } as const;
  const flags = flagsOf({ mean: '0.5', samples: 4 });
  refuseImageFlags(flags, { ...info, preprocessing });
  refuseImageFlags(flagsOf({ samples: 4 }), { ...info, preprocessing: undefined });
  expect(() => refuseImageFlags(flags, { ...info, preprocessing: undefined })).toThrow(/--mean is for images.*got x\.npz/);
});

test('a rounding that there is not is told in plain words', async () => {
  await expect(recipeOf(flagsOf({ rounding: 'up' }))).rejects.toThrow(
    '--rounding is not understood, expected half-up or half-even or half-away or floor, got up',
  );
});
