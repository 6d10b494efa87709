/**
 * From whatever a file exports to a `Plugin`, once, at the edge: version, names, options and functions. Knows nothing of what the
 * functions answer (checks.ts) and nothing of where the module came from.
 */
import * as v from 'valibot';
import { StudioError } from '../base/errors';
import { apiVersion, type Plugin } from './sdk';

const id = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_]{0,39}$/, 'lower-case letters, digits and underscores, a letter first'));
const title = v.pipe(v.string(), v.nonEmpty(), v.maxLength(60));
const help = v.pipe(v.string(), v.maxLength(400));
const finite = v.pipe(v.number(), v.finite());
const fn = v.function();

const kind = v.variant('type', [
  v.strictObject({ type: v.literal('number'), min: finite, max: finite, step: finite, unit: v.exactOptional(v.string()) }),
  v.strictObject({
    type: v.literal('choice'),
    choices: v.pipe(v.array(v.strictObject({ value: v.pipe(v.string(), v.nonEmpty()), title })), v.nonEmpty()),
  }),
  v.strictObject({ type: v.literal('flag') }),
]);
const option = v.pipe(
  v.strictObject({
    id: v.pipe(v.string(), v.regex(/^[a-z][a-zA-Z0-9]{0,39}$/, 'letters and digits, a small letter first')),
    title,
    help,
    kind,
    fallback: v.union([finite, v.string(), v.boolean()]),
  }),
  v.check(({ kind: k, fallback: f }) => {
    if (k.type === 'number') return typeof f === 'number' && f >= k.min && f <= k.max;
    return k.type === 'flag' ? typeof f === 'boolean' : k.choices.some((c) => c.value === f);
  }, 'its fallback is not a value that it allows'),
);
const options = v.exactOptional(v.array(option));
const bits = (most: number) =>
  v.exactOptional(
    v.pipe(
      v.tuple([v.pipe(v.number(), v.integer(), v.minValue(2)), v.pipe(v.number(), v.integer(), v.maxValue(most))]),
      v.check(([a, b]) => a <= b, 'the least is above the most'),
    ),
  );
const entry = { id, title, options };

const weights = v.strictObject({
  ...entry,
  bits: bits(8),
  fit: fn,
  fakeQuantize: v.exactOptional(fn),
  quantize: v.exactOptional(fn),
  dequantize: v.exactOptional(fn),
});
const activations = v.strictObject({
  ...entry,
  bits: bits(16),
  fit: fn,
  fakeQuantize: v.exactOptional(fn),
  quantize: v.exactOptional(fn),
  dequantize: v.exactOptional(fn),
});
const observer = v.strictObject({ ...entry, bits: bits(16), start: fn, observe: fn, fit: fn });
const rounding = v.strictObject({ ...entry, bits: bits(8), start: fn, soft: fn, step: fn });
const pruning = v.strictObject({ ...entry, score: fn });
const word = v.pipe(v.number(), v.integer(), v.minValue(8), v.maxValue(32));
const multiplier = v.variant('kind', [
  v.strictObject({ kind: v.literal('normalized'), bits: v.union([v.undefined(), v.pipe(word, v.maxValue(31))]) }),
  v.strictObject({ kind: v.literal('qformat'), swl: word, sfl: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(62)) }),
  v.strictObject({ kind: v.literal('pow2') }),
  v.strictObject({ kind: v.literal('tflite') }),
]);
const profile = v.strictObject({
  id: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,39}$/, 'lower-case letters, digits and dashes, a letter first')),
  title,
  arithmetic: v.strictObject({
    rounding: v.picklist(['half-up', 'half-even', 'half-away', 'floor']),
    multiplier,
    shift: v.exactOptional(v.literal('layer')),
    accumulator: v.exactOptional(v.strictObject({ bits: word, overflow: v.picklist(['wrap', 'saturate']) })),
  }),
});
const exporter = v.strictObject({ ...entry, help, file: fn });

const plugin = v.strictObject({
  apiVersion: v.literal(apiVersion),
  name: v.pipe(v.string(), v.nonEmpty(), v.maxLength(60)),
  about: v.exactOptional(v.string()),
  weights: v.exactOptional(v.array(weights)),
  activations: v.exactOptional(v.array(activations)),
  observers: v.exactOptional(v.array(observer)),
  roundings: v.exactOptional(v.array(rounding)),
  pruning: v.exactOptional(v.array(pruning)),
  profiles: v.exactOptional(v.array(profile)),
  exporters: v.exactOptional(v.array(exporter)),
});

function bad(file: string, what: string, more: { readonly expected?: string; readonly got?: string; readonly todo?: string }): StudioError {
  return new StudioError({ code: 'bad-plugin', what, ...more, where: { file } });
}

/** Throws `bad-plugin`, naming the key that is wrong. */
export function readPlugin(exported: unknown, file: string): Plugin {
  if (typeof exported !== 'object' || exported === null) {
    throw bad(file, 'The file exports no plugin', {
      expected: 'an object as default export',
      got: String(exported),
      todo: 'See docs/PLUGINS.md.',
    });
  }
  const version: unknown = (exported as { readonly apiVersion?: unknown }).apiVersion;
  if (version !== apiVersion) {
    throw bad(file, 'The plugin is not written for this version of the SDK', {
      expected: `apiVersion ${apiVersion}`,
      got: String(version),
    });
  }
  const result = v.safeParse(plugin, exported);
  if (!result.success) {
    const [issue] = result.issues;
    throw bad(file, `The plugin is not valid at ${v.getDotPath(issue) ?? 'the top'}: ${issue.message}`, { got: issue.received });
  }
  const own = result.output;
  const ids = [
    ['weights', [...(own.weights ?? []), ...(own.roundings ?? [])]],
    ['activations', [...(own.activations ?? []), ...(own.observers ?? [])]],
    ['pruning', own.pruning ?? []],
    ['profiles', own.profiles ?? []],
    ['exporters', own.exporters ?? []],
  ] as const;
  for (const [list, entries] of ids) {
    const twice = entries.find((e, i) => entries.findIndex((o) => o.id === e.id) !== i);
    if (twice) throw bad(file, `Two entries of ${list} have the same id`, { got: twice.id });
  }
  if (ids.every(([, entries]) => entries.length === 0))
    throw bad(file, 'The plugin holds nothing', { expected: 'weights, activations, ...' });
  // the schema has looked at everything that can be looked at without a call; what functions answer is checked at each call
  return exported as Plugin;
}
