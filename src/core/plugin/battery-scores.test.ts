/** The battery on pruning criteria that keep its laws, and on some that each break one. */
import { expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { scoreBattery } from './battery-scores';
import { pluginPruning } from './pruning';
import type { PruningPlugin } from './sdk';

const criterion = (score: PruningPlugin['score']) => pluginPruning({ id: 'tried', title: 'Tried', score });
const run = (score: PruningPlugin['score']) => scoreBattery(criterion(score), { seed: 7 }, quietContext());

test('magnitude keeps every law', async () => {
  const report = await run((w) => w.data.map(Math.abs));
  expect(report).toMatchObject({ target: 'pruning', id: 'tried', ok: true });
  expect(report.laws.map((l) => l.law)).toEqual(['answers', 'floats', 'deterministic']);
  for (const l of report.laws) expect(l.cases).toBeGreaterThan(40);
});

let calls = 0;
test.each<[string, PruningPlugin['score'], RegExp]>([
  ['floats', (w) => w.data.map((v) => v / v), /not finite/],
  ['floats', (w) => w.data.slice(1), /Float32Array of \d+, got Float32Array of \d+/],
  ['deterministic', (w) => w.data.map((v) => v + ++calls), /in two ways/],
  [
    'answers',
    (w) => {
      if (w.data.includes(0)) throw new RangeError('no zeros please');
      return w.data;
    },
    /no zeros please/,
  ],
])('one that breaks %s is told with a small counterexample', async (law, score, text) => {
  const report = await run(score);
  expect(report.ok).toBe(false);
  const broken = report.laws.filter((l) => !l.ok);
  expect(broken.map((l) => l.law)).toEqual([law]);
  expect(broken[0]?.counterexample?.text).toMatch(text);
  expect(broken[0]?.counterexample?.values.length).toBeLessThan(3);
});
