/**
 * What a conversion and an evaluation measured, as JSON for a project file and back. Law: what was written is read back
 * equal; what cannot be read is no result. JSON has no `undefined` and no infinity: both are absent keys, and absent again.
 */
import * as v from 'valibot';
import type { ConversionSummary, EvaluationReport } from '../engine/api';
import type { Json } from '../core/recipe/canonical-json';

export interface Results {
  readonly conversion: ConversionSummary;
  /** JSON of the recipe that it came from. */
  readonly convertedRecipe: string;
  readonly evaluation: EvaluationReport | undefined;
}

const maybe = v.pipe(
  v.nullish(v.number()),
  v.transform((n) => n ?? undefined),
);
const warning = v.object({
  code: v.string(),
  message: v.string(),
  node: v.exactOptional(v.string()),
  value: v.exactOptional(v.string()),
});
const form = { integerDb: maybe, floatDb: maybe, costDb: maybe };

const layer = v.object({
  id: v.string(),
  kind: v.string(),
  main: v.boolean(),
  weightBits: maybe,
  inputBits: v.number(),
  outputBits: v.number(),
  macs: v.number(),
  sqnrLocalDb: maybe,
  sqnrDb: maybe,
  maxLsb: maybe,
  differing: maybe,
  clippedShare: maybe,
  accumulator: v.optional(v.object({ boundBits: v.number(), seenBits: v.number() })),
});

const nonlinear = v.object({
  samples: v.array(v.number()),
  logitsSqnrDb: maybe,
  kinds: v.array(v.object({ kind: v.string(), ops: v.number(), logitsSqnrDb: maybe, ...form })),
  ops: v.array(v.object({ id: v.string(), kind: v.string(), ...form })),
});

const conversion = v.object({
  recipeHash: v.string(),
  layers: v.array(layer),
  islands: v.array(v.object({ node: v.string(), op: v.string(), reason: v.string(), output: v.string() })),
  warnings: v.array(warning),
  weightBytes: v.number(),
  logitsSqnrDb: maybe,
  nonlinear: v.optional(nonlinear),
  prepared: v.object({
    samples: v.number(),
    notes: v.array(
      v.object({
        step: v.picklist(['equalize', 'smooth', 'learn', 'batchNorm', 'bias']),
        layer: v.string(),
        done: v.boolean(),
        text: v.string(),
      }),
    ),
  }),
  sampleIndex: v.number(),
});

const evaluation = v.object({
  samples: v.number(),
  labelled: v.boolean(),
  fp32Top1: maybe,
  fakeTop1: maybe,
  intTop1: maybe,
  agreement: v.number(),
  fakeIntAgreement: v.number(),
  kl: v.number(),
  logitsSqnrDb: v.number(),
  wallMs: v.number(),
});

const results = v.object({ conversion, convertedRecipe: v.string(), evaluation: v.fallback(v.optional(evaluation), undefined) });

export const resultsJson = (of: Results): Json => JSON.parse(JSON.stringify(of)) as Json; // plain data by its own law

export function parseResults(stored: unknown): Results | undefined {
  const parsed = v.safeParse(results, stored);
  if (!parsed.success) return undefined;
  // A key that is absent in JSON reads as undefined, which is what these types say.
  return parsed.output as Results;
}

/** Did two conversions measure the same? Told by what a project file keeps of them. */
export const sameResults = (a: ConversionSummary, b: ConversionSummary): boolean => asKept(a) === asKept(b);

const asKept = (of: ConversionSummary): string =>
  JSON.stringify(parseResults(resultsJson({ conversion: of, convertedRecipe: '', evaluation: undefined })));
