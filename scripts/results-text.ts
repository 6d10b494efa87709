/**
 * docs/RESULTS.md from measured rows: one table a network, one table of means, and comments that are computed from the numbers.
 * Pure. Law: only rows over whole test sets are told, and what was not run is said by name.
 */
import type { RecipeResult } from '../src/core/recipe/recipe-table';
import type { ResultRow } from './results-cache';

export interface Subject {
  readonly id: string;
  readonly title: string;
}

export interface ResultsInput {
  readonly models: readonly Subject[];
  /** The first is what the others are measured against. */
  readonly presets: readonly Subject[];
  /** `8/8/8`: as rows name them. */
  readonly bits: readonly string[];
  /** Those of them that every recipe is to be run at. */
  readonly expected: readonly string[];
  readonly rows: readonly ResultRow[];
}

/** Points of top-1 that are told as a difference; less is within what another seed or set of samples gives. */
const NOISE = 0.3;

const bitsTitle = (bits: string): string => {
  const [w = '', a = '', r = '8'] = bits.split('/');
  return `W${w}A${a}${r === '8' ? '' : `, ${r}-bit residuals`}`;
};

type Find = (model: string, preset: string, bits: string) => RecipeResult | undefined;

export function resultsText(input: ResultsInput): string {
  const rows = input.rows.filter((r) => r.whole);
  const index = new Map(rows.map((r) => [`${r.model} ${r.preset} ${r.bits}`, r]));
  const rowOf = (model: string, preset: string, bits: string) => index.get(`${model} ${preset} ${bits}`);
  const find: Find = (model, preset, bits) => {
    const outcome = rowOf(model, preset, bits)?.outcome;
    return outcome?.kind === 'done' ? outcome.result : undefined;
  };
  const models = input.models.filter((m) => rows.some((r) => r.model === m.id));
  const failures = rows.flatMap((r) => (r.outcome.kind === 'failed' ? [{ ...r, reason: r.outcome.reason }] : []));
  return [
    '# Results',
    '',
    'Written by `npm run results` from its measurements; the comments are computed from the numbers. Every integer number is that of the exact',
    'executor: no operator of the network runs in float unless the row says so. Fake is the same network in float on the integer grid.',
    'FP32, fake and integer are top-1 on the whole test set. Residual streams have 8 bits unless the heading says otherwise; graph outputs have 16.',
    'Times are those of one run on a machine that may have been busy: to convert, without the calibration, which all recipes share, and without the test.',
    `A difference under ${NOISE} points is told as none.`,
    '',
    ...missingLines(input, index),
    ...(models.length === 0
      ? []
      : [
          '## All networks',
          '',
          ...meanTable(input, models, find),
          '',
          '## What helps, and what does not',
          '',
          ...comments(input, models, find),
          '',
        ]),
    ...models.flatMap((m) => ['', ...modelLines(m, input, rows, find)]).slice(1),
    ...(failures.length === 0
      ? []
      : ['', '## Failed', '', ...failures.map((f) => `- ${f.model}, ${f.preset}, ${bitsTitle(f.bits)}: ${f.reason}`)]),
    '',
  ].join('\n');
}

function missingLines({ models, presets, expected: bits }: ResultsInput, index: ReadonlyMap<string, ResultRow>): string[] {
  const absent = (m: Subject, p: Subject) => bits.filter((b) => !index.has(`${m.id} ${p.id} ${b}`));
  const whole = models.filter((m) => presets.every((p) => absent(m, p).length === bits.length));
  const lines = models
    .filter((m) => !whole.includes(m))
    .flatMap((m) => {
      const gaps = presets.flatMap((p) => {
        const gone = absent(m, p);
        if (gone.length === 0) return [];
        return [gone.length === bits.length ? p.title : `${p.title} at ${gone.map(bitsTitle).join(', ')}`];
      });
      return gaps.length === 0 ? [] : [`- ${m.title}: ${gaps.join('; ')}`];
    });
  const networks = whole.length === 0 ? [] : [`- whole networks: ${whole.map((m) => m.title).join('; ')}`];
  const all = [...networks, ...lines];
  return all.length === 0 ? [] : ['**Not run yet:**', '', ...all, ''];
}

const percent = (share: number | undefined): string => (share === undefined ? '-' : (share * 100).toFixed(2));
const points = (x: number): string => (Math.abs(x) < 0.005 ? '0.00' : `${x > 0 ? '+' : '-'}${Math.abs(x).toFixed(2)}`);
const decibel = (db: number): string => (Number.isFinite(db) ? db.toFixed(1) : 'inf');
const duration = (ms: number): string =>
  ms < 9950 ? `${(ms / 1000).toFixed(1)} s` : ms < 90_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const table = (head: readonly string[], body: readonly (readonly string[])[]): string[] => [
  `| ${head.join(' | ')} |`,
  `|${head.map((_, i) => (i === 0 ? '---' : '---:')).join('|')}|`,
  ...body.map((cells) => `| ${cells.join(' | ')} |`),
];

/** Integer top-1 against FP32 in points. */
const loss = (r: RecipeResult): number | undefined =>
  r.intTop1 === undefined || r.fp32Top1 === undefined ? undefined : (r.intTop1 - r.fp32Top1) * 100;

function meanTable({ presets, bits }: ResultsInput, models: readonly Subject[], find: Find): string[] {
  const body = presets.flatMap((p) => {
    const cells = bits.map((b) => {
      const done = models.flatMap((m) => find(m.id, p.id, b) ?? []);
      const losses = done.flatMap((r) => loss(r) ?? []);
      if (losses.length === 0) return '-';
      return `${points(mean(losses))}${losses.length < models.length ? ` (${losses.length} of ${models.length})` : ''}`;
    });
    return cells.every((c) => c === '-') ? [] : [[p.title, ...cells]];
  });
  return ['Mean over the networks: points of integer top-1 against FP32.', '', ...table(['Recipe', ...bits.map(bitsTitle)], body)];
}

function modelLines(m: Subject, { presets, bits }: ResultsInput, all: readonly ResultRow[], find: Find): string[] {
  const rows = all.filter((r) => r.model === m.id);
  const [first] = rows;
  const fp32 = rows.flatMap((r) => (r.outcome.kind === 'done' ? [r.outcome.result.fp32Top1] : []))[0];
  const seeds = [...new Set(rows.map((r) => r.seed))].join(', ');
  const body = bits.flatMap((b) => {
    const best = Math.max(...presets.flatMap((p) => find(m.id, p.id, b)?.intTop1 ?? []));
    return presets.flatMap((p) => {
      const r = find(m.id, p.id, b);
      if (!r) return [];
      const integer = r.intTop1 === best ? `**${percent(r.intTop1)}**` : percent(r.intTop1);
      const name = r.islands > 0 ? `${p.title} (${r.islands} operators in float)` : p.title;
      const off = loss(r);
      return [
        [
          name,
          bitsTitle(b),
          percent(r.fakeTop1),
          integer,
          off === undefined ? '-' : points(off),
          percent(r.agreement),
          r.kl.toExponential(1),
          decibel(r.logitsSqnrDb),
          `${(r.weightBytes / 1000).toFixed(0)} kB`,
          duration(r.convertMs),
        ],
      ];
    });
  });
  return [
    `## ${m.title}`,
    '',
    `FP32 ${percent(fp32)} % of ${first?.testSamples ?? 0} test samples; ${first?.calibrationSamples ?? 0} calibration samples; seed ${seeds}.`,
    '',
    ...table(['Recipe', 'Bits', 'Fake %', 'Integer %', 'to FP32', 'Agreement %', 'KL', 'SQNR dB', 'Weights', 'Time'], body),
  ];
}

/** One line a recipe and width, against the first recipe on the networks that have both. */
function comments({ presets, bits }: ResultsInput, models: readonly Subject[], find: Find): string[] {
  const [baseline, ...others] = presets;
  if (!baseline) return [];
  const lines = others.flatMap((p) => {
    const told = bits.flatMap((b) => {
      const pairs = models.flatMap((m) => {
        const [mine, base] = [find(m.id, p.id, b), find(m.id, baseline.id, b)];
        if (!mine || !base || mine.intTop1 === undefined || base.intTop1 === undefined) return [];
        return [{ model: m.title, by: (mine.intTop1 - base.intTop1) * 100, db: mine.logitsSqnrDb - base.logitsSqnrDb }];
      });
      return pairs.length === 0 ? [] : [verdict(b, pairs)];
    });
    return told.length === 0 ? [] : [`- **${p.title}**: ${told.join(' ')}`];
  });
  return [`Each against ${baseline.title}, at the same bits and on the same networks.`, '', ...lines];
}

function verdict(bits: string, pairs: readonly { readonly model: string; readonly by: number; readonly db: number }[]): string {
  const by = mean(pairs.map((p) => p.by));
  const finite = pairs.map((p) => p.db).filter((db) => Number.isFinite(db));
  const db = finite.length === 0 ? '' : `, ${points(mean(finite))} dB of logits SQNR`;
  const on = `${pairs.length === 1 ? 'on one network' : `on ${pairs.length} networks`}`;
  const worse = pairs.filter((p) => p.by <= -NOISE);
  const better = pairs.filter((p) => p.by >= NOISE);
  const named = (some: typeof pairs) => some.map((p) => `${p.model} (${points(p.by)})`).join(', ');
  const head = `At ${bitsTitle(bits)} it`;
  if (by >= NOISE) return `${head} gains ${by.toFixed(2)} points ${on}${db}${worse.length > 0 ? `; it loses on ${named(worse)}` : ''}.`;
  if (by <= -NOISE)
    return `${head} **does not help**: it costs ${(-by).toFixed(2)} points ${on}${db}${better.length > 0 ? `; it gains on ${named(better)}` : ''}.`;
  const exceptions = [better.length > 0 ? `gains on ${named(better)}` : '', worse.length > 0 ? `loses on ${named(worse)}` : ''].filter(
    Boolean,
  );
  return `${head} makes no difference to top-1 ${on} (${points(by)})${db}${exceptions.length > 0 ? `; it ${exceptions.join(' and ')}` : ''}.`;
}
