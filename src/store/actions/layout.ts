/** Asks the layout worker for a picture of the graph; an answer that was overtaken is dropped. */
import { shown } from '../loadable';
import { keepingPlace } from '../picture';
import { fieldsOf } from '../run-job';
import { services } from '../services';
import { setView, setWork, state } from '../store';

let newest = 0;

/**
 * `collapsed` undefined keeps the user's choice, or lets the layout choose when there is none. `hold`: the box that stays
 * where it is while the rest moves.
 */
export async function layOut(collapsed: readonly string[] | undefined = state().view.collapsed, hold?: string): Promise<void> {
  const model = shown(state().work.model);
  if (model === undefined) return;
  newest += 1;
  const mine = newest;
  const previous = shown(state().work.layout);
  setWork({ layout: { kind: 'loading', progress: undefined, previous } });
  // At once: what is asked next, before the picture is there, starts from this choice.
  if (collapsed !== undefined) setView({ collapsed });
  try {
    const made = await services().layout({ graph: model.graph, collapsed });
    if (mine !== newest) return;
    const layout = hold === undefined || previous === undefined ? made : keepingPlace(made, previous, hold);
    setWork({ layout: { kind: 'ready', value: layout } });
    setView({ collapsed: layout.collapsed });
  } catch (error) {
    if (mine === newest) setWork({ layout: { kind: 'failed', error: fieldsOf(error), previous } });
  }
}

export async function toggleScope(scope: string): Promise<void> {
  const now = state().view.collapsed ?? [];
  await layOut(now.includes(scope) ? now.filter((s) => s !== scope) : [...now, scope], scope);
}

/** Another picture altogether: shown whole again. */
async function layOutAndFit(collapsed: readonly string[]): Promise<void> {
  await layOut(collapsed);
  setView({ camera: { wish: 'fit', serial: state().view.camera.serial + 1 } });
}

export const expandAll = (): Promise<void> => layOutAndFit([]);

export async function collapseAll(): Promise<void> {
  const scopes = new Set(shown(state().work.model)?.graph.cards.flatMap((c) => c.scope) ?? []);
  await layOutAndFit([...scopes]);
}

/** Opens every scope around a card, so that it can be seen. */
export async function reveal(id: string): Promise<void> {
  const scope = shown(state().work.model)?.graph.cards.find((c) => c.id === id)?.scope ?? [];
  const now = state().view.collapsed ?? [];
  const next = now.filter((s) => !scope.includes(s));
  if (next.length < now.length) await layOut(next);
}
