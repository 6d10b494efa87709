/** What is said of learning. */
import { expect, test } from 'vitest';
import { continueText, gainDb, isWhole, placeText, spokenText } from './learning-words';

const running = { kind: 'weights', layer: 'fc', place: 2, count: 14, step: 0, steps: 100, curve: [] };

test('an earlier try is offered to be continued, by the kind that it was at', () => {
  const steps = { kind: 'steps', done: 9, count: 9 } as const;
  expect(continueText({ parts: [steps, { kind: 'weights', done: 7, count: 14 }] })).toBe('Continue: 7 of 14 layers are done');
  expect(continueText({ parts: [{ ...steps, done: 1 }] })).toBe('Continue: 1 of 9 activations is done');
  expect(continueText({ parts: [steps, { kind: 'weights', done: 14, count: 14 }] })).toBeUndefined();
  expect(continueText(undefined)).toBeUndefined();
  expect(isWhole({ parts: [{ kind: 'weights', done: 14, count: 14 }] })).toBe(true);
});

test('places and gains', () => {
  expect(placeText(running)).toBe('Layer 3 of 14');
  expect(gainDb({ before: 2, after: 1 })).toBeCloseTo(3.01);
  expect(gainDb({ before: 0, after: 0 })).toBeUndefined();
});

test('what is spoken changes with the layer and the pause, not with the step', () => {
  const text = spokenText(running, [], false);
  expect(text).toBe('Layer 3 of 14, fc: Rounding of weights. 0 are done.');
  expect(spokenText({ ...running, step: 50 }, [], false)).toBe(text);
  expect(spokenText(running, [], true)).toBe(`Paused. ${text}`);
});
