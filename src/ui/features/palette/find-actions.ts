/** Commands that can run now and match what was typed: every word must begin a word of the title or the group. */
import { titleNow, type Action } from '../../../store/actions/action';
import { actions } from '../../../store/actions/all';
import type { State } from '../../../store/state';

/** The palette does not offer itself. */
const hidden = new Set(['palette']);

export function findActions(s: State, query: string): readonly Action[] {
  const words = query
    .toLowerCase()
    .split(/[\s-]+/)
    .filter((w) => w !== '');
  return actions.filter((a) => {
    if (hidden.has(a.id) || (a.enabled !== undefined && !a.enabled(s))) return false;
    const text = `${titleNow(a, s)} ${a.title} ${a.group} ${a.id}`.toLowerCase().split(/[\s-]+/);
    return words.every((word) => text.some((t) => t.startsWith(word)));
  });
}
