/** What the numbers of non-linear operators mean, what is good and what to do. Text and thresholds only. */
import type { Thresholds } from '../../charts/compute';
import type { Definition } from './definitions';

const define = (title: string, what: string, good: string, todo: string, thresholds?: Thresholds): Definition => ({
  title,
  what,
  good,
  todo,
  thresholds,
});

export const functionDefinitions = {
  integerDb: define(
    'Integer form',
    'SQNR of the integer output against the float function of the same integers, over the samples measured.',
    'As much as the float function has under the same quantizer.',
    'If both are low, the quantizer is too coarse: give the output more bits.',
    { good: 33, bad: 20 },
  ),
  floatDb: define(
    'Float function',
    'SQNR of the float function when its result is quantized to the same bits: what a float island would give here.',
    '33 dB or more.',
    'Give the output more bits; a float island does not change this number.',
    { good: 33, bad: 20 },
  ),
  costDb: define(
    'Cost of the integer form',
    'Float function minus integer form, in dB: what tables, integer division and square root lose beyond the quantizer.',
    'Half a dB or less.',
    'Above that, keep the operator in float, or choose another division or more bits.',
    { good: 0.5, bad: 3 },
  ),
  keptSqnr: define(
    'Outputs if kept in float',
    'SQNR of the logits with every operator of this kind as a float island between the same quantizers.',
    'Close to the integer model: then an island gains nothing.',
    'Where it gains much, keep single layers in float with a rule.',
  ),
  keep: define(
    'Runs in',
    'Integers, or a float island: dequantize, compute in float, quantize again. An island needs a float unit beside the accelerator.',
    'Integers.',
    'Keep in float only what costs accuracy and can run elsewhere.',
  ),
  expTable: define(
    'Table of the exponential',
    'round(65 535 × exp(−s × d)) for every distance d from the largest score of the row, up to the first 0.',
    'A few hundred entries.',
    'A long table means fine scores: fewer bits would do.',
  ),
  scoreStep: define(
    'Score of one step',
    'Real value of one step of the scores: the exponential falls by exp(−s) from entry to entry.',
    'Below 0.2.',
    'A coarse step makes neighbouring weights jump: give the product before it more bits.',
  ),
  probabilityBits: define(
    'Bits of probabilities',
    'Width of the result. A row adds up to 2^bits − 1.',
    '8 for rows of at most 64 elements, else 16.',
    'Change them for all softmaxes in the recipe.',
  ),
  rowSum: define(
    'Worst row sum',
    'How far the probabilities of a row are from adding up to 1, over all rows of the sample.',
    '1 % or less.',
    'Above 5 % the row loses mass: more bits for the probabilities.',
    { good: 0.01, bad: 0.05 },
  ),
  mask: define(
    'Masked out',
    'Share of the mask that takes elements out on this sample.',
    'As the data have it: padding and future tokens.',
    'If it is 100 %, the mask is read the wrong way round.',
  ),
  emptyRows: define(
    'Empty rows',
    'Rows that the mask leaves nothing of: all their probabilities are 0.',
    '0.',
    'Look at the mask of the data.',
  ),
  squares: define(
    'Sum of squares V',
    'Proved width of the largest V that any input can give, sign included. The square root and the divider are sized by it.',
    'At most 63: 64-bit arithmetic is enough.',
    'Fewer input bits or shorter rows make it smaller.',
  ),
  rowLength: define('Row', 'How many elements are normalized together.', 'As the network was designed.', 'Nothing to do.'),
  precision: define(
    'Precision k',
    'The normalized value u has at most k bits beside its sign.',
    '16, and 20 for wide outputs.',
    'Nothing to do.',
  ),
  fraction: define(
    'Fraction f',
    'Extra bits of the square root: as many as V has room for in 62 bits.',
    '8.',
    'With 0, long rows of wide inputs use all the room that there is.',
  ),
  dropped: define('Shift t', 'Bits dropped of each centred value so that V fits 62 bits.', '0.', 'Fewer input bits bring it back to 0.'),
  epsilon: define('Epsilon', 'The small number under the root, in units of V.', 'Small against V.', 'Nothing to do.'),
  gain: define(
    'Gain G',
    'Gamma over the output step as an integer, one per element, with one shift for all.',
    'Similar sizes.',
    'Outliers stretch the output: look at its histogram.',
  ),
  offset: define('Offset H', 'Beta as a 64-bit integer, added before the shift.', 'Small against the gain.', 'Nothing to do.'),
  tableRange: define(
    'Range in',
    'Real values of the first and the last entry: the range of the input quantizer.',
    'Where the function bends.',
    'Calibrate with more data if the range is wrong.',
  ),
  tableError: define(
    'Largest error',
    'Largest distance of an entry from the float function, in steps of the output.',
    'Half a step: the entry is the function, rounded.',
    'Above it, the function leaves the range of the output and is clipped there.',
    { good: 0.501, bad: 2 },
  ),
  clippedEntries: define(
    'Clipped entries',
    'Entries whose function value lies outside the output’s range.',
    '0.',
    'Inputs that large were not seen in calibration; use more data.',
  ),
  rows: define('Rows', 'Entries of the vocabulary, or positions.', 'As the network was designed.', 'Nothing to do.'),
  width: define('Width', 'Integers of one row.', 'As the network was designed.', 'Nothing to do.'),
  usedRows: define(
    'Rows used',
    'Different rows that the sample looks up.',
    'Few: the rest of the table is for other inputs.',
    'Nothing to do.',
  ),
} as const satisfies Readonly<Record<string, Definition>>;
