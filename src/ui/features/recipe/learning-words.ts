/** Learning in words: what of a layer is learned, how far it is, what it gained. Text and numbers only. */
import type { LearnedSoFar } from '../../../engine/api';
import type { LearnedRow, RunningLayer } from '../../../store/learning';

const kinds: Readonly<Record<string, { readonly one: string; readonly many: string; readonly what: string }>> = {
  weights: { one: 'layer', many: 'layers', what: 'Rounding of weights' },
  blocks: { one: 'block', many: 'blocks', what: 'Roundings and steps of a block' },
  steps: { one: 'activation', many: 'activations', what: 'Step of an activation' },
};
const wordsOf = (kind: string) => kinds[kind] ?? { one: 'part', many: 'parts', what: kind };

export const whatOf = (kind: string): string => wordsOf(kind).what;

/** `Layer 3 of 14` */
export function placeText({ kind, place, count }: Pick<RunningLayer, 'kind' | 'place' | 'count'>): string {
  const { one } = wordsOf(kind);
  return `${one.charAt(0).toUpperCase()}${one.slice(1)} ${place + 1} of ${count}`;
}

/** Decibels of error that learning took away; undefined where there was none to take. */
export function gainDb({ before, after }: Pick<LearnedRow, 'before' | 'after'>): number | undefined {
  return before > 0 && after > 0 ? 10 * Math.log10(before / after) : undefined;
}

/** What the button offers: `Continue: 7 of 14 layers are done`; undefined where nothing is to be continued. */
export function continueText(learned: LearnedSoFar | undefined): string | undefined {
  const last = learned?.parts.at(-1);
  if (last === undefined || isWhole(learned)) return undefined;
  const { one, many } = wordsOf(last.kind);
  return `Continue: ${last.done} of ${last.count} ${last.count === 1 ? one : many} ${last.done === 1 ? 'is' : 'are'} done`;
}

/** Nothing that was begun is left to learn. Another kind may follow: how many parts it has is known when it begins. */
export function isWhole(learned: LearnedSoFar | undefined): boolean {
  return learned !== undefined && learned.parts.every((p) => p.done >= p.count);
}

/** For those who do not see the curve: where learning is, told anew with every layer and pause. */
export function spokenText(running: RunningLayer | undefined, rows: readonly LearnedRow[], isPaused: boolean): string {
  if (running === undefined) return '';
  const mine = rows.filter((r) => r.kind === running.kind).length;
  const place = `${placeText(running)}, ${running.layer}: ${whatOf(running.kind)}. ${mine} ${mine === 1 ? 'is' : 'are'} done.`;
  return isPaused ? `Paused. ${place}` : place;
}
