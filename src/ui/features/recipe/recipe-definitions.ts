/** What each choice of a recipe means for the chip. Text only, shown on hover and on focus. */
import type { NumberDefinition } from '../../kit/tooltip';

export const recipeDefinitions = {
  algorithm: {
    title: 'Algorithm',
    what: 'How the range of the integers is chosen from the values.',
    good: 'MinMax for activations; for weights, a scale per output channel.',
  },
  weightBits: {
    title: 'Bits of weights',
    what: 'Width of a weight. 8 bits keep almost any network; 4 bits halve the memory and need care.',
    good: '8.',
    todo: 'Give single layers more with an override below.',
  },
  activationBits: {
    title: 'Bits of activations',
    what: 'Width of the operands of Conv, Gemm and MatMul.',
    good: '8.',
    todo: 'Give single layers more with an override below.',
  },
  symmetric: {
    title: 'Symmetric activations',
    what: 'Zero lies in the middle of the integers, for hardware that skips zeros or has no zero point. Costs up to one bit of range.',
  },
  edges8: {
    title: 'First and last layer keep 8 bits',
    what: 'The layers next to the input and the output are small and sensitive: with fewer bits elsewhere they keep 8.',
    good: 'On below 8 bits.',
  },
  pruning: {
    title: 'Pruning',
    what: 'Weights that a criterion scores lowest become 0 before anything is learned or quantized, and stay 0.',
    todo: 'With a pattern as 2:4 the memory formats write values and indices only.',
  },
  residualBits: {
    title: 'Bits of residual streams',
    what: 'Width of the outputs of additions, which carry the sum of all layers before.',
    good: '8 for convolutional networks.',
    todo: '16 where the SQNR falls from block to block.',
  },
  outputBits: {
    title: 'Bits of graph outputs',
    what: 'Width of the logits. With 8 bits, up to one image in seventy has a tie.',
    good: '16.',
  },
  rounding: {
    title: 'Rounding',
    what: 'What a right shift does with the bits that it drops. Half up is one addition before the shift.',
    good: 'Half up. Half to even with power-of-two multipliers.',
  },
  multiplier: {
    title: 'Multiplier',
    what: 'How a real scale becomes integers: normalized keeps the full precision with a shift per channel, Q-format has one shift, powers of two need no multiplier, TFLite rounds twice as gemmlowp does.',
    good: 'Normalized.',
  },
  multiplierBits: {
    title: 'Multiplier bits',
    what: 'Width of a normalized multiplier, sign included. Automatic: 16, and 24 for outputs of more than 8 bits.',
    good: 'Automatic.',
  },
  wordLength: { title: 'Word length', what: 'Bits of the fixed-point scale as a whole.', good: '32.' },
  fractionLength: {
    title: 'Fraction length',
    what: 'Bits after the binary point: the shift of every channel.',
    good: '26 with 32-bit words.',
    todo: 'More, where a layer warns that its scale underflows.',
  },
  shift: {
    title: 'Shift',
    what: 'The right shift after the multiplier: a number per output channel, or one for the whole layer, as systolic arrays like it. With one, channels of small scales keep fewer bits of their multiplier.',
    good: 'Per channel.',
    todo: 'With one per layer, give the multiplier 24 bits.',
  },
  accumulator: {
    title: 'Accumulator',
    what: 'The register that holds a sum of products, bias included. A narrower one wraps or saturates once, on the exact sum.',
    good: 'Proved to fit: no input can overflow it.',
    todo: 'Compare profiles below: they count the sums that would overflow.',
  },
  seed: { title: 'Seed', what: 'Start of every random number. Same model, data, recipe and seed: same bytes.' },
  sampleIndex: {
    title: 'Sample',
    what: 'Which calibration sample is executed in integers: its tensors are what the inspector shows and the export holds.',
  },
  learnOn: {
    title: 'Learn on',
    what: 'What runs the steps of learning: WebAssembly on the processor, or WebGPU. Both run the same graphs, but a graphics processor sums in another order.',
    good: 'WASM: the same model, data, recipe and seed give the same bundle, on any machine. WebGPU where a large layer takes too long; its bundle cannot be made again to the byte.',
  },
  learnMemory: {
    title: 'Memory for learning',
    what: 'Activations that learning keeps in memory, all calibration samples together. What is more lies in a file of the browser and is read when its turn comes. The result is the same.',
    good: '512 MB.',
    todo: 'Less, where the page runs out of memory; more, where learning waits for the disk.',
  },
  loss: {
    title: 'Loss',
    what: 'Error of the layer’s output beside the float model, on calibration data that have come through the quantized layers before. In the table: with rounding to nearest, and as learned.',
    good: 'Falls by a few dB; it never ends higher than it began.',
    todo: 'More iterations, or more calibration samples.',
  },
  flips: {
    title: 'Flips',
    what: 'Weights that are not the nearest integer after learning.',
    good: '5 to 30 % at 4 bits; fewer at 8.',
    todo: 'Hardly any: more iterations or a higher rate.',
  },
  strict: { title: 'Strict', what: 'An operator without an integer rule is an error instead of a float island.' },
  islands: {
    title: 'Float islands',
    what: 'Operators that still run in float, between a dequantizer and a quantizer.',
    good: 'None.',
    todo: 'Replace the operator in the network, or run it beside the accelerator.',
  },
} as const satisfies Readonly<Record<string, NumberDefinition>>;

export const profileDefinitions = {
  logits: {
    title: 'Output SQNR',
    what: "Of the first output of the network against the float network, in dB, with this profile. In the rows of a layer: what the profile alone changes of the layer's SQNR.",
    good: 'Next to that of the recipe.',
  },
  offByOne: {
    title: 'Off by one step',
    what: 'Share of all outputs of all layers that differ by 1 LSB from the float scale applied to the same integers and the exact sum, rounded hard.',
    good: 'Below 1 %: ties and the last bit of multipliers.',
  },
  offByMore: {
    title: 'Off by more',
    what: 'Share of the outputs that differ by more than 1 LSB: multipliers that are too short, or sums that the accumulator did not hold.',
    good: '0.',
    todo: 'Open the row: it names the layers. Give the multiplier or the accumulator more bits.',
  },
} as const satisfies Readonly<Record<string, NumberDefinition>>;
