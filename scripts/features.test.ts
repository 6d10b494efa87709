import { expect, test } from 'vitest';
import { features, written } from './features';

test('docs/FEATURES.md says what the registries say', () => {
  expect(written()).toBe(features());
});
