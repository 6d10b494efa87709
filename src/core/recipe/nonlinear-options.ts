/**
 * The options of the integer softmax and layer normalization as data: panels, flags and docs are made from it.
 * Law: the ids are the keys of `Recipe.nonlinear`, the fallbacks those of `defaultRecipe`.
 */
import type { NonlinearOptions } from '../ir/integer-model';
import type { OptionSpec } from '../quant/quantizer';

const divisions = [
  { value: 'divide', title: 'One division an element' },
  { value: 'reciprocal', title: 'One division a row' },
];

export const nonlinearOptions: readonly (OptionSpec & { readonly id: keyof NonlinearOptions })[] = [
  {
    id: 'softmax',
    title: 'Softmax division',
    help: 'A reciprocal per row needs one divider a row and a multiplier; the result may differ by one step. Deferred: 8-bit exponentials go into the product with V, which divides by their sum once a row; a softmax that something else reads divides by itself.',
    kind: { type: 'choice', choices: [...divisions, { value: 'deferred', title: 'One division a row, after the product with V' }] },
    fallback: 'divide',
  },
  {
    id: 'probabilityBits',
    title: 'Bits of probabilities',
    help: 'Auto: 8 for rows of at most 64 elements, else 16. With 8 bits, long flat rows lose much of their mass.',
    kind: {
      type: 'choice',
      choices: ['auto', '8', '12', '16'].map((value) => ({ value, title: value === 'auto' ? 'Auto' : `${value} bits` })),
    },
    fallback: 'auto',
  },
  {
    id: 'layernorm',
    title: 'LayerNorm division',
    help: 'A reciprocal per row needs one divider a row and a multiplier; the result may differ by one step.',
    kind: { type: 'choice', choices: divisions },
    fallback: 'divide',
  },
];
