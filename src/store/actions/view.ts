/** How things are looked at: theme, panels, selection, camera. */
import { learnedHints } from '../hints';
import { isNumberId, worstFirst } from '../layer-numbers';
import { colourNow, conversionOf, openModel } from '../selectors';
import type { Step, Theme, ViewSlice } from '../state';
import { setView, state, useStudio } from '../store';
import { reveal } from './layout';

const themeKey = 't2c:theme';

/** Read before the first paint, so it lives in localStorage; nothing of a model does. */
export function loadTheme(): void {
  const kept = localStorage.getItem(themeKey);
  setTheme(kept === 'light' || kept === 'dark' ? kept : 'system');
}

export function setTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  localStorage.setItem(themeKey, theme);
  setView({ theme });
}

/** Light becomes dark and the other way round, whatever the system says. */
export function toggleTheme(): void {
  const { theme } = state().view;
  const dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  setTheme(dark ? 'light' : 'dark');
}

export function togglePanel(panel: keyof ViewSlice['panels']): void {
  const { panels } = state().view;
  setView({ panels: { ...panels, [panel]: !panels[panel] } });
}

export function setPanelSizes(group: string, sizes: Readonly<Record<string, number>>): void {
  setView({ panelSizes: { ...state().view.panelSizes, [group]: sizes } });
}

export function showPalette(shown: boolean): void {
  setView({ palette: shown, paletteQuery: '', paletteRuns: false });
}

/** A key that came while the palette was asked for and had no field yet: true when it was meant for that. */
export function typeAhead(e: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): boolean {
  const { paletteQuery } = state().view;
  if (e.ctrlKey || e.metaKey || e.altKey) return false;
  if (e.key === 'Escape') showPalette(false);
  else if (e.key === 'Enter') setView({ paletteRuns: true });
  else if (e.key === 'Backspace') setView({ paletteQuery: paletteQuery.slice(0, -1) });
  else if ([...e.key].length === 1) setView({ paletteQuery: paletteQuery + e.key });
  else return false;
  return true;
}

export function move(wish: ViewSlice['camera']['wish']): void {
  setView({ camera: { wish, serial: state().view.camera.serial + 1 } });
}

/** Selects a layer, opens the scopes around it and brings it into view; `step` panels give way to the inspector. */
export async function selectLayer(id: string | undefined, options: { readonly pan?: boolean } = {}): Promise<void> {
  setView({
    selection: id,
    chosen: [],
    ...(id === undefined ? {} : { place: 'graph', step: undefined, panels: { ...state().view.panels, inspector: true } }),
  });
  if (id === undefined) return;
  await reveal(id);
  if (options.pan !== false) move('selection');
}

/** Under an overlay of numbers the next worse or better layer, else along the order of the network. */
export async function selectNeighbour(by: 1 | -1): Promise<void> {
  const now = state();
  const colour = colourNow(now);
  const all = openModel(now)?.graph.cards ?? [];
  const cards = isNumberId(colour) ? worstFirst(all, conversionOf(now)?.layers, colour).map((m) => m.card) : all;
  const at = cards.findIndex((c) => c.id === state().view.selection);
  const next = cards[at < 0 ? 0 : at + by];
  if (next !== undefined) await selectLayer(next.id);
}

export function openStep(step: Step | undefined): void {
  setView({ step, ...(step === undefined ? {} : { place: 'graph', panels: { ...state().view.panels, inspector: true } }) });
}

/** It does not come back. */
export function dismissHint(id: string): void {
  const { hintsSeen } = state().view;
  if (!hintsSeen.includes(id)) setView({ hintsSeen: [...hintsSeen, id] });
}

/** All of them again, or none. */
export function showHints(on: boolean): void {
  setView({ hintsOff: !on, ...(on ? { hintsSeen: [] } : {}) });
}

/** What somebody does without being told needs no hint. Returns what stops it. */
export function watchHints(): () => void {
  return useStudio.subscribe((now, before) => {
    if (now.view === before.view && now.chip === before.chip) return;
    const known = learnedHints(now);
    if (known.length > 0) setView({ hintsSeen: [...now.view.hintsSeen, ...known] });
  });
}
