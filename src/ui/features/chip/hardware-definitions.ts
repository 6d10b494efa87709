/** What the numbers of the hardware view are, in words. How they are counted: docs/formats/hardware-report.md. */
import type { NumberDefinition } from '../../kit/tooltip';

export const hardwareDefinitions = {
  macs: { title: 'Multiply-accumulates', what: 'Products that are summed up for one sample.' },
  weights: {
    title: 'Weights',
    what: 'Weights, biases, constant operands and rows of embeddings. Multipliers, shifts and tables come on top.',
  },
  peak: {
    title: 'Peak of the activations',
    what: 'Largest sum of buffers that are alive at one step: what the step reads, what it writes, and what later steps still want.',
    good: 'less than the on-chip memory',
    todo: 'Fewer bits for the layers around the peak; a shortcut that ends earlier.',
  },
  dram: {
    title: 'DRAM traffic',
    what: 'Bytes between the chip and DRAM for one sample, with one memory of the size above for activations and constants.',
    good: 'close to "every byte once"',
    todo: 'More on-chip memory, fewer bits, or packed activations.',
  },
  least: { title: 'Every byte once', what: 'Constants, inputs and outputs of the network moved once. No memory can do with less.' },
  accumulator: {
    title: 'Accumulator',
    what: 'Bits that hold every accumulator of this sample, and those that are proved to hold every possible one. With the sign.',
  },
} satisfies Record<string, NumberDefinition>;
