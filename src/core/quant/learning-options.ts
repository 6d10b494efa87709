/** Options that quantizers of activations share when they learn their steps: one text and one range for each. */
import type { OptionSpec } from './quantizer';

/** `unit`: what has the steps of its own, a tensor or a block. */
export const iterationsFor = (unit: string): OptionSpec => ({
  id: 'iterations',
  title: 'Iterations',
  help: `Steps of learning for every ${unit}.`,
  kind: { type: 'number', min: 10, max: 20_000, step: 10 },
  fallback: 500,
});

export const stepRate: OptionSpec = {
  id: 'rate',
  title: 'Rate',
  help: 'Learning rate of Adam, as a share of the quantizer step; it falls to 0 along a cosine.',
  kind: { type: 'number', min: 0.0001, max: 0.1, step: 0.001 },
  fallback: 0.001,
};
