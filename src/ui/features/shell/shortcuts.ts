/**
 * The keyboard for the whole page: the shortcuts of actions/all.ts, and Escape, which leaves what is open at the right.
 * Law: nothing happens while somebody types or while a dialog, menu or list has the keyboard.
 */
import { useEffect } from 'react';
import { matchesShortcut } from '../../../store/actions/action';
import { actionById, actions } from '../../../store/actions/all';
import { showPlace } from '../../../store/actions/compare';
import { openStep, selectLayer, typeAhead } from '../../../store/actions/view';
import { state } from '../../../store/store';

const types = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

const belongsToPopup = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('[role="dialog"], [role="alertdialog"], [role="menu"], [role="option"]') !== null;

/** Opens from anywhere, also out of a text field. */
const everywhere = ['palette', 'find', 'save-project'];

/** Its script or its dialog may still be on the way: keys go to its query until its own field takes them. */
const hasField = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement && target.closest('[data-testid="palette"]') !== null;

export function onShortcut(e: KeyboardEvent): void {
  if (e.defaultPrevented || e.isComposing) return;
  if (state().view.palette && !hasField(e.target) && typeAhead(e)) {
    e.preventDefault();
    return;
  }
  if (belongsToPopup(e.target)) return;
  const action = actions.find((a) => a.shortcut !== undefined && matchesShortcut(a.shortcut, e));
  if (action === undefined) {
    if (e.key === 'Escape' && !types(e.target)) leave();
    return;
  }
  if (state().view.palette && action.id !== 'palette') return;
  if (types(e.target) && !everywhere.includes(action.id)) return;
  if (action.enabled !== undefined && !action.enabled(state())) return;
  e.preventDefault();
  void action.run();
}

function leave(): void {
  const { place, step, selection } = state().view;
  if (place !== 'graph') showPlace('graph');
  else if (step !== undefined) openStep(undefined);
  else if (selection !== undefined) void selectLayer(undefined);
}

export function useShortcuts(): void {
  useEffect(() => {
    window.addEventListener('keydown', onShortcut);
    return () => window.removeEventListener('keydown', onShortcut);
  }, []);
}

/** The shortcut of an action as it is written, for tooltips. */
export const shortcutOf = (id: string): string | undefined => actionById(id)?.shortcut;
