/** Laws of results in project files: written and read they are the same, and what is no result is none. */
import { expect, test } from 'vitest';
import type { ConversionSummary, EvaluationReport } from '../engine/api';
import { report } from './layers.fixture';
import { parseResults, resultsJson, sameResults, type Results } from './project-results';

const conversion: ConversionSummary = {
  recipeHash: 'ab',
  layers: [report('a', { sqnrDb: 31.5, accumulator: { boundBits: 20, seenBits: 17 } }), report('b', { weightBits: undefined })],
  islands: [{ node: 'c', op: 'Cos', reason: 'no rule', output: 'y' }],
  warnings: [{ code: 'w', message: 'm', node: 'a' }],
  weightBytes: 12,
  logitsSqnrDb: 30,
  nonlinear: {
    samples: [0, 3],
    logitsSqnrDb: undefined,
    kinds: [{ kind: 'Softmax', ops: 2, logitsSqnrDb: 28, integerDb: 40, floatDb: 41, costDb: undefined }],
    ops: [{ id: 'a', kind: 'Softmax', integerDb: 40, floatDb: undefined, costDb: undefined }],
  },
  prepared: { samples: 4, notes: [{ step: 'bias', layer: 'a', done: true, text: 't' }] },
  sampleIndex: 2,
};
const evaluation: EvaluationReport = {
  samples: 100,
  labelled: true,
  fp32Top1: 0.9,
  fakeTop1: undefined,
  intTop1: 0.89,
  agreement: 0.99,
  fakeIntAgreement: 1,
  kl: 0.001,
  logitsSqnrDb: 30,
  wallMs: 7,
};
const all: Results = { conversion, convertedRecipe: '{"version":1}', evaluation };

test.each([
  ['all', all],
  ['without an evaluation or functions', { ...all, conversion: { ...conversion, nonlinear: undefined }, evaluation: undefined }],
])('results are read back as they were written: %s', (_, results) => {
  expect(parseResults(JSON.parse(JSON.stringify(resultsJson(results))))).toEqual(results);
});

test('a noise of nothing, which JSON cannot say, is no number', () => {
  const endless = { ...all, conversion: { ...conversion, layers: [report('a', { sqnrDb: Infinity })] } };
  expect(parseResults(resultsJson(endless))?.conversion.layers[0]?.sqnrDb).toBeUndefined();
});

test('what cannot be read is no result', () => {
  for (const stored of [undefined, null, 7, {}, { conversion: {} }, { ...all, conversion: { ...conversion, layers: 'x' } }]) {
    expect(parseResults(stored)).toBeUndefined();
  }
});

test('results differ as soon as one number does', () => {
  expect(sameResults(conversion, structuredClone(conversion))).toBe(true);
  expect(sameResults(conversion, { ...conversion, layers: [report('a', { sqnrDb: 31.6 })] })).toBe(false);
});
