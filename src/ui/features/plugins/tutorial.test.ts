/** Every block of the tutorial is a step that can be opened, in the order of the text. */
import { expect, test } from 'vitest';
import text from '../../../../docs/PLUGINS.md?raw';
import { stepsOf } from './tutorial';

test('the steps lead from MinMax to a learned non-uniform quantizer, each a whole plugin', () => {
  const steps = stepsOf(text);
  expect(steps[0]).toMatchObject({ title: 'MinMax in 12 lines', file: 'step-1-minmax-in-12-lines.ts' });
  expect(steps.map((s) => s.title)).toContain('A learned non-uniform quantizer');
  expect(steps).toHaveLength([...text.matchAll(/^```ts/gm)].length);
  for (const { source } of steps) expect(source).toMatch(/^import type .* from 'torch2chip';[\s\S]*} satisfies Plugin;\n$/);
  expect(steps[1]?.text[0]).toMatch(/^Options are data; .*entry come of themselves\.$/);
});
