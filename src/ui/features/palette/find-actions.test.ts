import { expect, test } from 'vitest';
import { actions } from '../../../store/actions/all';
import { state } from '../../../store/store';
import { findActions } from './find-actions';

test('without a model only what can run without one is offered', () => {
  const ids = findActions(state(), '').map((a) => a.id);
  expect(ids).toContain('open');
  expect(ids).toContain('toggle-theme');
  expect(ids).not.toContain('calibrate');
  expect(ids).not.toContain('palette');
});

test('every command that can run is found by its own title, and each word narrows', () => {
  const now = state();
  for (const action of actions.filter((a) => a.id !== 'palette' && (a.enabled === undefined || a.enabled(now)))) {
    expect(findActions(now, action.title).map((a) => a.id)).toContain(action.id);
  }
  expect(findActions(now, 'dark sys').map((a) => a.id)).toEqual(['theme-system']);
  expect(findActions(now, 'zzz')).toEqual([]);
});
