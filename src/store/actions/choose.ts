/** Choosing several layers: one by one, a range of a list, all of a kind. The last one is the selection, as with one layer. */
import { cardOf, chosenNow, openModel } from '../selectors';
import { setView, state } from '../store';
import { selectLayer } from './view';

/** The layers of `ids`, the last of them or `primary` as the selection. */
export function chooseLayers(ids: readonly string[], primary: string | undefined = ids.at(-1)): void {
  const layers = [...new Set(ids)].filter((id) => cardOf(state(), id) !== undefined);
  if (layers.length === 0) return;
  setView({
    chosen: layers.length > 1 ? layers : [],
    selection: primary !== undefined && layers.includes(primary) ? primary : layers.at(-1),
    step: undefined,
    panels: { ...state().view.panels, inspector: true },
  });
}

const now = (): readonly string[] => {
  const chosen = chosenNow(state());
  const { selection } = state().view;
  return chosen.length > 0 ? chosen : selection !== undefined && cardOf(state(), selection) !== undefined ? [selection] : [];
};

/** In or out of what is chosen; the last layer stays. */
export function toggleLayer(id: string): void {
  const before = now();
  if (!before.includes(id)) chooseLayers([...before, id]);
  else if (before.length > 1) chooseLayers(before.filter((one) => one !== id));
}

/** All layers of a block besides what is chosen. */
export function addBlock(scope: string): void {
  const inside = (openModel(state())?.graph.cards ?? []).filter((c) => c.scope.includes(scope)).map((c) => c.id);
  chooseLayers([...now(), ...inside]);
}

/** From the selection to a layer, along a list as it is shown. */
export function chooseRange(list: readonly string[], to: string): void {
  const chosen = now();
  // the other end of a range stays where it began
  const from = chosen[0] ?? to;
  const [a, b] = [list.indexOf(from), list.indexOf(to)];
  if (a < 0 || b < 0) return chooseLayers([to]);
  const range = list.slice(Math.min(a, b), Math.max(a, b) + 1);
  chooseLayers(a <= b ? range : range.reverse(), to);
}

/** A click on a layer of a list: with Ctrl or Cmd it comes or goes, with Shift all up to it are chosen. */
export function onLayerClick(
  e: { readonly ctrlKey: boolean; readonly metaKey: boolean; readonly shiftKey: boolean },
  id: string,
  list: readonly string[],
): void {
  if (e.shiftKey) chooseRange(list, id);
  else if (e.ctrlKey || e.metaKey) toggleLayer(id);
  else void selectLayer(id);
}

/** Every layer with the operator of the selected one. */
export function chooseAlike(): void {
  const s = state();
  const like = cardOf(s, s.view.selection);
  const cards = openModel(s)?.graph.cards ?? [];
  if (like !== undefined) {
    chooseLayers(
      cards.filter((c) => c.op === like.op).map((c) => c.id),
      like.id,
    );
  }
}
