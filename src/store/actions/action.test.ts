import { expect, test } from 'vitest';
import { matchesShortcut } from './action';
import { actions } from './all';

const press = (key: string, ...held: ('ctrl' | 'meta' | 'shift' | 'alt')[]) => ({
  key,
  ctrlKey: held.includes('ctrl'),
  metaKey: held.includes('meta'),
  shiftKey: held.includes('shift'),
  altKey: held.includes('alt'),
});

test('a shortcut is its key with just its modifiers', () => {
  expect(matchesShortcut('Mod+K', press('k', 'ctrl'))).toBe(true);
  expect(matchesShortcut('Mod+K', press('k', 'meta'))).toBe(true);
  expect(matchesShortcut('Mod+K', press('k'))).toBe(false);
  expect(matchesShortcut('Mod+Z', press('Z', 'ctrl', 'shift'))).toBe(false);
  expect(matchesShortcut('Mod+Shift+Z', press('Z', 'ctrl', 'shift'))).toBe(true);
  expect(matchesShortcut('F', press('f', 'alt'))).toBe(false);
});

test('signs are found whether or not the keyboard needs shift for them', () => {
  for (const held of [[], ['shift']] as const) expect(matchesShortcut('+', press('+', ...held))).toBe(true);
  expect(matchesShortcut('+', press('+', 'ctrl'))).toBe(false);
  expect(matchesShortcut('-', press('-'))).toBe(true);
});

test('no two commands share an id or a shortcut', () => {
  const ids = actions.map((a) => a.id);
  const shortcuts = actions.flatMap((a) => a.shortcut ?? []);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(shortcuts).size).toBe(shortcuts.length);
});
