/**
 * What a pruning criterion is, and which weights go by its scores. Knows no network: layers come one by one (core/prepare/prune.ts).
 * Law: of equal scores the weight that comes first goes first, so that the mask is decided by scores and options alone.
 */
import type { MaybeAsync, OptionSpec, OptionValues } from './quantizer';

export interface PruningCriterion {
  readonly id: string;
  readonly title: string;
  /** Its own; `pruningOptions` come beside them. */
  readonly options: readonly OptionSpec[];
  /** One finite score a weight: the lowest go. `channelAxis` is the output channel. */
  score(w: Float32Array, shape: readonly number[], channelAxis: number, options: OptionValues): MaybeAsync<Float32Array>;
}

/** Of every criterion. */
export const pruningOptions: readonly OptionSpec[] = [
  {
    id: 'pattern',
    title: 'Pattern',
    help: 'Unstructured: a share of every layer goes. n:m: of every m neighbours in a row n stay; the memory formats write such weights as values and indices.',
    kind: {
      type: 'choice',
      choices: [
        { value: 'unstructured', title: 'Unstructured' },
        ...['1:2', '1:4', '2:4', '4:8'].map((value) => ({ value, title: value })),
      ],
    },
    fallback: 'unstructured',
  },
  {
    id: 'sparsity',
    title: 'Sparsity',
    help: 'Share of the weights of every layer that become 0, where there is no pattern.',
    kind: { type: 'number', min: 0, max: 99, step: 1, unit: '%' },
    fallback: 50,
  },
  {
    id: 'neighbours',
    title: 'Neighbours',
    help: 'What n:m counts in: weights of one output as they are stored, or channels-last: input channels at one place of the window.',
    kind: {
      type: 'choice',
      choices: [
        { value: 'stored', title: 'As stored (OIHW)' },
        { value: 'channels-last', title: 'Channels last (OHWI)' },
      ],
    },
    fallback: 'stored',
  },
  {
    id: 'edges',
    title: 'Prune the first and the last layers',
    help: 'Otherwise they stay whole: they are small, and lose the most.',
    kind: { type: 'flag' },
    fallback: false,
  },
];

const valueOf = (id: string, options: OptionValues): number | string | boolean =>
  options[id] ?? pruningOptions.find((o) => o.id === id)?.fallback ?? 0;

export const prunesEdges = (options: OptionValues): boolean => valueOf('edges', options) === true;

/** 1 where a weight stays. */
export function pruningMask(scores: Float32Array, shape: readonly number[], channelAxis: number, options: OptionValues): Uint8Array {
  const mask = new Uint8Array(scores.length).fill(1);
  const pattern = String(valueOf('pattern', options));
  /** Lowest scores first, of equal ones those that come first. */
  const weakest = (places: Uint32Array): Uint32Array => {
    const order = Uint32Array.from(places, (_, k) => k);
    order.sort((a, b) => (scores[places[a] as number] as number) - (scores[places[b] as number] as number) || a - b);
    return order.map((k) => places[k] as number);
  };
  if (pattern === 'unstructured') {
    const gone = Math.floor((scores.length * Number(valueOf('sparsity', options))) / 100);
    for (const i of weakest(Uint32Array.from(scores, (_, k) => k)).subarray(0, gone)) mask[i] = 0;
    return mask;
  }
  const [n = 0, m = 1] = pattern.split(':').map(Number);
  for (const row of rowsOf(shape, channelAxis, valueOf('neighbours', options) === 'channels-last')) {
    for (let at = 0; at < row.length; at += m) {
      const group = row.subarray(at, at + m);
      for (const i of weakest(group).subarray(0, Math.max(0, group.length - n))) mask[i] = 0;
    }
  }
  return mask;
}

/** The weights of each output channel in the order that neighbours are counted in, as row-major indices. */
function rowsOf(shape: readonly number[], channelAxis: number, isChannelsLast: boolean): Uint32Array[] {
  const size = shape.reduce((a, d) => a * d, 1);
  const outputs = shape[channelAxis] ?? 1;
  const columns = outputs === 0 ? 0 : size / outputs;
  // [in, out]
  if (channelAxis === 1)
    return Array.from({ length: outputs }, (_, o) => Uint32Array.from({ length: columns }, (__, k) => k * outputs + o));
  const inputs = shape[1] ?? 1;
  const window = columns / inputs;
  const place = (k: number): number => (isChannelsLast ? (k % inputs) * window + Math.floor(k / inputs) : k);
  return Array.from({ length: outputs }, (_, o) => Uint32Array.from({ length: columns }, (__, k) => o * columns + place(k)));
}
