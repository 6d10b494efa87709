/** What a user command is. The palette, the buttons and the keyboard all take it from actions/all.ts. */
import type { State } from '../state';

export interface Action {
  /** Stable, kebab-case. */
  readonly id: string;
  /** Sentence case, as in a menu. */
  readonly title: string;
  /** What it would do now, where that has a name; else the title says it. */
  readonly titleNow?: (s: State) => string | undefined;
  readonly group: 'Model' | 'Steps' | 'Recipe' | 'Plugins' | 'Graph' | 'View';
  /** `Mod+K`: Mod is Ctrl, or Cmd on a Mac. */
  readonly shortcut?: string;
  /** Absent: always. */
  readonly enabled?: (s: State) => boolean;
  readonly run: () => void | Promise<void>;
}

export const titleNow = (action: Action, s: State): string => action.titleNow?.(s) ?? action.title;

const isMac = (): boolean => typeof navigator !== 'undefined' && navigator.platform.startsWith('Mac');

/** True when the event is the shortcut's. Shift counts with letters only: `+` and `?` need it on some keyboards. */
export function matchesShortcut(shortcut: string, e: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>): boolean {
  const parts = shortcut === '+' ? ['+'] : shortcut.split('+');
  const key = parts.at(-1)?.toLowerCase() ?? '';
  if (e.key.toLowerCase() !== key || e.altKey || (e.ctrlKey || e.metaKey) !== parts.includes('Mod')) return false;
  const isSign = key.length === 1 && !/[a-z0-9]/.test(key);
  return isSign || e.shiftKey === parts.includes('Shift');
}

/** The shortcut as the keyboard at hand writes it. */
export function shortcutText(shortcut: string): string {
  return isMac() ? shortcut.replace('Mod+', '⌘').replace('Shift+', '⇧') : shortcut.replace('Mod', 'Ctrl');
}
