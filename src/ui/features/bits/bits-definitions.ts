/** What the numbers of the mixed-precision view are, in words. */
import type { NumberDefinition } from '../../kit/tooltip';

export const bitsDefinitions = {
  bytes: {
    title: 'Weights',
    what: 'The weights of all layers that multiply, packed at their bits. Exact. Biases, multipliers and tables come on top.',
  },
  bops: {
    title: 'Bit operations',
    what: 'Multiply-accumulates times the bits of both factors, summed over the layers. Exact. A measure of the work of a multiplier array.',
  },
  sqnr: {
    title: 'SQNR of the logits, estimated',
    what: 'Squared errors that single layers make in the logits, as the sweep measured them, added up. A model, not a measurement: errors that cancel and learned roundings are not in it.',
    good: '30 dB and more',
    todo: 'Convert to measure it.',
  },
  kl: {
    title: 'KL of the logits, estimated',
    what: 'KL(float || integer) of the softmax of the logits in nats, mean over the samples of the sweep; what single layers add is added up.',
    good: 'below 0.001',
    todo: 'Convert and evaluate to measure it.',
  },
  known: {
    title: 'Where it comes from',
    what: 'Layers with bits that the sweep measured; layers that are scaled from other bits or another algorithm by the error that quantizing their own tensor makes.',
  },
} satisfies Record<string, NumberDefinition>;
