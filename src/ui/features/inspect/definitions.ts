/**
 * What every number of the studio means, what a good value is and what to do about a bad one, and
 * the thresholds that colour it. Text only: the panels show it on hover and on focus.
 */
import type { Thresholds } from '../../charts/compute';

export interface Definition {
  readonly title: string;
  readonly what: string;
  readonly good: string;
  readonly todo: string;
  readonly thresholds: Thresholds | undefined;
}

const plain = (title: string, what: string, good: string, todo: string): Definition => ({ title, what, good, todo, thresholds: undefined });

export const definitions = {
  sqnrDb: {
    title: 'SQNR, cumulative',
    what: 'Signal power over error power of this output, float against integer, with every layer before it quantized too.',
    good: '33 dB or more.',
    todo: 'Find the first layer whose local SQNR drops, and give it more bits or a scale per channel.',
    thresholds: { good: 33, bad: 28 },
  },
  sqnrLocalDb: {
    title: 'SQNR, local',
    what: 'Signal power over the error power that this layer adds, fed with its own integers as real numbers.',
    good: '33 dB or more.',
    todo: 'Give this layer more bits, or its weights a scale per channel.',
    thresholds: { good: 33, bad: 28 },
  },
  clippedShare: {
    title: 'Clipped',
    what: 'Share of values outside the range that the integers can hold.',
    good: '0.1 % or less; a little can be better than a coarse scale.',
    todo: 'Calibrate with more samples, so that the range is seen.',
    thresholds: { good: 0.001, bad: 0.01 },
  },
  accumulatorBits: {
    title: 'Accumulator bits',
    what: 'Signed width that no input can overflow (bound), and the width that the sample needed (seen).',
    good: 'A bound of 32 or less fits an int32 register.',
    todo: 'Use fewer weight or activation bits in this layer.',
    thresholds: { good: 31, bad: 32 },
  },
  maxLsb: {
    title: 'Largest difference',
    what: 'Largest difference between the integer path and the fake-quantized float path on the sample, in steps of the output.',
    good: '1 or less: the rounding of the fixed-point multiplier. 2 where the output has more than 8 bits.',
    todo: 'Use a wider multiplier.',
    thresholds: { good: 1, bad: 2 },
  },
  differing: plain(
    'Elements that differ',
    'How many elements of the output are not the same integer on both paths.',
    'A few in a thousand: values that fall on a rounding border.',
    'Use a wider multiplier if the largest difference is above 1 as well.',
  ),
  parameters: plain(
    'Parameters',
    'Weights and biases of this layer, after batch norm was folded into them.',
    'As the network was designed.',
    'Large layers decide the size of the weight memory: they gain most from fewer bits.',
  ),
  macs: plain(
    'MACs',
    'Multiply-accumulates for one sample.',
    'As the network was designed.',
    'Layers with many MACs decide the run time: keep their operands at 8 bits or below.',
  ),
  outputShape: plain(
    'Output shape',
    'Extents of the output tensor for batch 1.',
    'Channels that fill the lanes of the array.',
    'Pad channels in hardware where they do not.',
  ),
  tensorShape: plain(
    'Shape',
    'Extents of the tensor as it is stored, row-major, batch 1.',
    'Weights of a Conv: output channels, input channels, kernel.',
    'Nothing to do.',
  ),
  integerType: plain(
    'Type',
    'How the integers are stored, and the bits that are used of it.',
    'The smallest type that holds the range.',
    'Nothing to do: the .mem file has exactly the bits that are used.',
  ),
  bits: plain(
    'Bits',
    'Width of the weights, the input and the output integers: W, A and Out.',
    '8 bits keep the accuracy of most networks without training.',
    'Change them for this layer with an override in the recipe.',
  ),
  mean: plain(
    'Mean',
    'Average of all elements.',
    'Near 0 for weights.',
    'A mean far from 0 wastes range with symmetric integers: use an asymmetric quantizer.',
  ),
  std: plain(
    'Standard deviation',
    'Spread of the elements about their mean.',
    'At least a twentieth of the range: then few codes are empty.',
    'If it is much smaller, a few outliers stretch the scale: use a scale per channel.',
  ),
  extremes: plain(
    'Smallest and largest',
    'Extremes of the elements, over all samples for activations.',
    'Close to where the histogram ends.',
    'A lone extreme stretches the scale for all others: calibrate with typical data or clip.',
  ),
  elements: plain('Elements', 'Number of values in the histogram.', 'Thousands or more.', 'With few values, add calibration samples.'),
  scale: plain(
    'Scale',
    'Real value of one integer step: real = scale × (q − zero point).',
    'As small as the range allows.',
    'A large scale means a wide range: look for outliers in the histogram.',
  ),
  scaleSpread: plain(
    'Spread of the scales',
    'Largest scale over smallest scale of the output channels.',
    'Below 16: one scale for the layer would lose at most 4 bits in the smallest channel.',
    'Keep a scale per channel for this layer.',
  ),
  raised: plain(
    'Raised channels',
    'Near-dead channels whose scale was raised so that their bias fits 30 bits.',
    'None.',
    'Such a channel is almost constant. It can be pruned; its few bits do no harm.',
  ),
  zeroPoint: plain(
    'Zero point',
    'The integer that means 0.0.',
    '0 for weights and for outputs of ReLU.',
    'Choose symmetric activations in the recipe if the hardware wants a fixed zero.',
  ),
  range: plain(
    'Integer range',
    'Smallest and largest integer that is used. A fused ReLU or Clip narrows it.',
    'The whole range of its bits.',
    'A range much narrower than its bits wastes codes.',
  ),
  multiplier: plain(
    'Multiplier',
    'Integer M of the requantization: y = (acc × M) >> n.',
    'Close to the top of its bits, as the normalized style makes it.',
    'Small multipliers lose precision: use normalized, or more fraction bits.',
  ),
  shift: plain(
    'Shift',
    'Right shift n of the requantization, at most 62.',
    'Within a few bits of its neighbours.',
    'A channel far from the others has an unusual scale: see scale per channel.',
  ),
  realFactor: plain(
    'M × 2⁻ⁿ',
    'The real factor that multiplier and shift stand for: input scale × weight scale ÷ output scale.',
    'Below 1.',
    'Above 1 the output is finer than the accumulator: fewer output bits would do.',
  ),
  rounding: plain(
    'Rounding',
    'What the right shift does with the bits that it drops.',
    'Half up: one adder. Half even where shifts are small.',
    'Choose the mode that the hardware has, in the recipe.',
  ),
  samples: plain(
    'Samples',
    'How many inputs the statistics come from.',
    '64 or more, typical of what the chip will see.',
    'Load more data and calibrate again.',
  ),
  tensors: plain(
    'Observed tensors',
    'Activations whose range was watched.',
    'Every operand of a multiply.',
    'Nothing to do: the studio chooses them.',
  ),
  dataHash: plain(
    'SHA-256 of the data',
    'Over the preprocessed inputs, in order. Equal data and preprocessing give an equal hash, here and on the command line.',
    'The same as in the manifest that you compare with.',
    'If it differs, the data, their order or the preprocessing differ.',
  ),
  provider: plain(
    'Provider',
    'What ran the float model: WebAssembly on the processor, or WebGPU.',
    'WASM for results that are the same everywhere.',
    'Statistics of WebGPU differ in the last digits.',
  ),
  threads: plain(
    'Threads',
    'Threads of WebAssembly. More than one needs a page that is cross-origin isolated.',
    'As many as the processor has, up to 8.',
    'Serve the page with the COOP and COEP headers to have more than one.',
  ),
  weightSize: plain(
    'Weight size',
    'Bytes of all weights and biases, packed at their bits, against 32-bit floats.',
    'A quarter of the float size with 8 bits.',
    'Give large layers fewer bits.',
  ),
  logitsSqnrDb: {
    title: 'SQNR of the outputs',
    what: 'Signal power over error power at the outputs of the network, float against integer.',
    good: '25 dB or more keeps the top-1 of most classifiers.',
    todo: 'Look at the worst layers, and give them more bits.',
    thresholds: { good: 25, bad: 18 },
  },
  top1: plain(
    'Top-1',
    'Share of samples whose largest output is the label.',
    'Within one point of FP32.',
    'Look at the worst layers, calibrate with more samples, or use more bits.',
  ),
  agreement: {
    title: 'Agreement with FP32',
    what: 'Share of samples where the integer and the float model have the same largest output. Needs no labels.',
    good: '98 % or more.',
    todo: 'Look at the worst layers, calibrate with more samples, or use more bits.',
    thresholds: { good: 0.98, bad: 0.95 },
  },
  fakeIntAgreement: {
    title: 'Fake against integer',
    what: 'Share of samples where the fake-quantized and the integer model have the same largest output.',
    good: '98.5 % or more: the fake path predicts the chip.',
    todo: 'Look at max |int − fake| of the layers; use a wider multiplier.',
    thresholds: { good: 0.985, bad: 0.97 },
  },
  kl: {
    title: 'KL divergence',
    what: 'Mean distance of the integer model’s probabilities from those of FP32, in nats.',
    good: '0.01 or less.',
    todo: 'Look at the worst layers, and give them more bits.',
    thresholds: { good: 0.01, bad: 0.1 },
  },
} as const satisfies Readonly<Record<string, Definition>>;
