import { expect, test, vi } from 'vitest';
import type { GraphLayout, LayoutRequest } from '../core/analysis/layout-types';
import { createLayoutClient, type LayoutWorker } from './layout-client';

const picture = (simple: boolean, collapsed: readonly string[] = []): GraphLayout => ({
  ...{ cards: [], blocks: [], edges: [], x: 0, y: 0, width: 0, height: 0, portals: [] },
  collapsed,
  simple,
});
const request = (...collapsed: string[]): LayoutRequest => ({ graph: { cards: [], edges: [], scopes: [] }, collapsed });

test('a layout that takes too long is ended with its worker, and another worker lays out simply', async () => {
  const ended: number[] = [];
  let started = 0;
  const start = (): LayoutWorker => {
    const mine = started++;
    return {
      layOut: ({ simple = false }) => (simple ? Promise.resolve(picture(true)) : new Promise(() => undefined)),
      end: () => ended.push(mine),
    };
  };
  const layout = await createLayoutClient(start, 20)(request());
  expect(layout.simple).toBe(true);
  expect([started, ended]).toEqual([2, [0]]);
});

test('of requests that wait only the newest is laid out, and an error does not stop the next', async () => {
  const asked = vi.fn((r: LayoutRequest) =>
    r.collapsed?.[0] === 'bad' ? Promise.reject(new Error('no')) : Promise.resolve(picture(false, r.collapsed ?? [])),
  );
  const layOut = createLayoutClient(() => ({ layOut: asked, end: () => undefined }), 1000);
  const first = layOut(request('bad'));
  await Promise.resolve();
  const [second, third] = [layOut(request('b')), layOut(request('c'))];
  await expect(first).rejects.toThrow('no');
  expect((await second).collapsed).toEqual(['c']);
  expect((await third).collapsed).toEqual(['c']);
  expect(asked).toHaveBeenCalledTimes(2);
});
