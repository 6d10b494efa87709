/**
 * The steps between calibration and plan that a recipe can switch on, as data: panel, flags and docs are made from it. What
 * each does is in core/prepare. Law: the ids are the keys of `Recipe.corrections`, the fallbacks those of `defaultRecipe`.
 */
import type { OptionSpec } from '../quant/quantizer';

export interface Corrections {
  readonly equalize: boolean;
  readonly batchNorm: boolean;
  readonly bias: boolean;
}

export const correctionOptions: readonly (OptionSpec & {
  readonly id: keyof Corrections;
  /** of the command line */ readonly flag: string;
})[] = [
  {
    id: 'equalize',
    flag: 'equalize',
    title: 'Cross-layer equalization',
    help: 'Gives the channels between two layers like ranges: the first layer divides, the second multiplies. Helps depthwise networks, above all with one scale a tensor.',
    kind: { type: 'flag' },
    fallback: false,
  },
  {
    id: 'batchNorm',
    flag: 'bn-reestimation',
    title: 'BatchNorm re-estimation',
    help: 'Gives every convolution, with its quantized weights and inputs, the mean and the deviation per channel that it has in the float model, as if its batch normalization were estimated again.',
    kind: { type: 'flag' },
    fallback: false,
  },
  {
    id: 'bias',
    flag: 'bias-correction',
    title: 'Bias correction',
    help: 'Takes the mean error of every output channel, seen on the calibration data, out of its bias.',
    kind: { type: 'flag' },
    fallback: false,
  },
];
