/** Laws of undo: undo after change is the identity, redo after undo too, and a change forgets the future. */
import { describe, expect, test } from 'vitest';
import { defaultRecipe } from '../core/recipe/recipe';
import { change, redo, redoName, undo, undoName, type RecipeHistory } from './recipe-history';

const start: RecipeHistory = { past: [], present: defaultRecipe, future: [] };
const other = { ...defaultRecipe, residualBits: 12 };

describe('recipe history', () => {
  test('undo brings back what was before a change', () => {
    expect(undo(change(start, other, 'a')).present).toEqual(defaultRecipe);
  });
  test('redo after undo changes nothing', () => {
    const changed = change(start, other, 'a');
    expect(redo(undo(changed))).toEqual(changed);
  });
  test('a change forgets the future', () => {
    expect(change(undo(change(start, other, 'a')), { ...other, seed: 3 }, 'b').future).toEqual([]);
  });
  test('an equal recipe is no change', () => {
    expect(change(start, { ...defaultRecipe }, 'a')).toBe(start);
  });
  test('undo and redo at the ends do nothing', () => {
    expect(undo(start)).toBe(start);
    expect(redo(start)).toBe(start);
  });
  test('a change keeps its name on both sides', () => {
    const changed = change(change(start, other, 'a'), { ...other, seed: 3 }, 'b');
    expect([undoName(changed), redoName(changed)]).toEqual(['b', undefined]);
    const back = undo(changed);
    expect([undoName(back), redoName(back)]).toEqual(['a', 'b']);
    expect([undoName(redo(back)), redoName(undo(back))]).toEqual(['b', 'a']);
  });
});
