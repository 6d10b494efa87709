/** The page offers what the core would take. */
import { expect, test } from 'vitest';
import { LEARNING_MEMORY } from '../core/prepare/prepare';
import { LEARNING_MEGABYTES } from './learning-memory';
import { learnMemory } from './selectors';
import { setView, state } from './store';

test('memory for learning is the core’s own until it is changed, and goes to the engine in bytes', () => {
  expect(LEARNING_MEGABYTES * 2 ** 20).toBe(LEARNING_MEMORY);
  expect(learnMemory(state())).toBe(LEARNING_MEMORY);
  setView({ learnMemory: 3 });
  expect(learnMemory(state())).toBe(3 * 2 ** 20);
  setView({ learnMemory: LEARNING_MEGABYTES });
});
