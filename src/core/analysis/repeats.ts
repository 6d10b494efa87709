/**
 * Repetition in a row of labels: the stretch that one period explains best, and where in it the period begins.
 * Knows nothing of graphs. Law: every two labels of the stretch that lie one period apart are equal.
 */

/** Longer blocks are not looked for: it would take time that grows with the square of the row. */
const longestPeriod = 1000;

export interface Repeat {
  readonly start: number;
  readonly period: number;
  readonly times: number;
}

/**
 * `crossing[i]`: how many values run past the place before label i; a period begins where few do. `least`: labels that a
 * stretch must cover to count. Of stretches about as long the one with the shortest period is taken.
 */
export function longestRepeat(labels: readonly number[], crossing: ArrayLike<number>, least: number): Repeat | undefined {
  const n = labels.length;
  const row = Int32Array.from(labels);
  let best: { start: number; end: number; period: number; covered: number } | undefined;
  for (let period = 1; period <= Math.min(n / 2, longestPeriod); period++) {
    let from = 0;
    for (let i = 0; i + period <= n; i++) {
      if (i + period < n && row[i] === row[i + period]) continue;
      // labels from `from` to i + period repeat, if anything between them was equal
      const length = i - from + period;
      const times = Math.floor(length / period);
      const covered = times * period;
      if (times >= (period < 8 ? 3 : 2) && covered >= least && covered > 1.1 * (best?.covered ?? 0)) {
        best = { start: from, end: i + period, period, covered };
      }
      from = i + 1;
    }
    if (best !== undefined && best.covered >= 0.9 * n) break;
  }
  if (best === undefined) return undefined;
  const { start, end, period } = best;
  let found: Repeat | undefined;
  let fewest = Infinity;
  for (let at = start; at < start + period; at++) {
    const times = Math.floor((end - at) / period);
    const crossed = crossing[at + period] ?? 0;
    if (times < 2 || crossed > fewest || (crossed === fewest && times <= (found?.times ?? 0))) continue;
    fewest = crossed;
    found = { start: at, period, times };
  }
  return found;
}
