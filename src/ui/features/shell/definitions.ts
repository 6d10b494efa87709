/** What the numbers of the frame mean: hovered or focused, each explains itself. Text only. */
import type { NumberDefinition } from '../../kit/tooltip';

export const facts = {
  opset: {
    title: 'Opset',
    what: 'Version of the ONNX operator set that the file is written in.',
    good: '9 to 21 are read.',
  },
  layers: {
    title: 'Layers',
    what: 'Cards of the graph: operators that belong together, such as Conv, BN and ReLU, are one. Behind them stand the nodes of the file.',
  },
  parameters: {
    title: 'Parameters',
    what: 'Numbers that were learned: weights and biases, counted once each.',
  },
  macs: {
    title: 'Multiply-accumulates',
    what: 'Multiplications with addition that one sample takes, at batch 1.',
  },
  weightBytes: {
    title: 'Weight bytes',
    what: 'What the integer weights take, packed to their bits.',
  },
  islands: {
    title: 'Float islands',
    what: 'Operators without an integer rule: they would run in float on the chip, between a dequantizer and a quantizer.',
    good: 'None.',
    todo: 'Replace the operator in the network, or run it beside the accelerator.',
  },
  logitsSqnr: {
    title: 'SQNR of the output',
    what: 'Signal power over error power at the output of the network, float against integer, on one sample.',
    good: '25 dB or more keeps almost every decision.',
    todo: 'Sort the strip below, worst first, and give the first layers of it more bits.',
  },
} as const satisfies Readonly<Record<string, NumberDefinition>>;
