/**
 * Small chip: what a chip with 16-bit multipliers and its own loader brings, a requantization profile and an exporter that writes
 * tensors as text with a head of one line.
 */
import type { Plugin } from 'torch2chip';

export default {
  apiVersion: 1,
  name: 'Small chip',
  profiles: [
    {
      id: 'small-chip',
      title: 'Small chip, 16-bit multipliers',
      arithmetic: { rounding: 'half-up', multiplier: { kind: 'normalized', bits: 16 } },
    },
  ],
  exporters: [
    {
      id: 'chip_text',
      title: 'Text of the loader',
      help: 'A head with shape and bits, then the integers, a number of them a line.',
      options: [
        {
          id: 'perLine',
          title: 'Per line',
          help: 'Integers in a line.',
          kind: { type: 'number', min: 1, max: 256, step: 1 },
          fallback: 16,
        },
      ],
      file({ shape, bits, signed, integers }, { perLine }) {
        const lines = [`${signed ? 's' : 'u'}${bits} ${shape.join('x')}`];
        for (let at = 0; at < integers.length; at += Number(perLine)) lines.push(integers.slice(at, at + Number(perLine)).join(' '));
        return { ending: '.chip.txt', content: `${lines.join('\n')}\n` };
      },
    },
  ],
} satisfies Plugin;
