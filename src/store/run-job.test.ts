/** Laws of a job: a failure or a cancel keeps what was there, and only the newest job of a name may write. */
import { describe, expect, test } from 'vitest';
import { CancelledError, StudioError } from '../core/base/errors';
import type { Loadable } from './loadable';
import { fieldsOf, runJob } from './run-job';
import { cancelJob } from './services';
import { state } from './store';

function place(start: Loadable<number>) {
  let now = start;
  return { read: () => now, write: (next: Loadable<number>) => void (now = next) };
}

describe('runJob', () => {
  test('a failure keeps what was shown and tells the error once', async () => {
    const p = place({ kind: 'ready', value: 1 });
    const told: string[] = [];
    await runJob(
      'convert',
      p,
      () => Promise.reject(new StudioError({ code: 'bad-data', what: 'x' })),
      (e) => told.push(e.code),
    );
    expect(p.read()).toMatchObject({ kind: 'failed', previous: 1 });
    expect(told).toEqual(['bad-data']);
  });
  test('a cancel brings back what was shown and tells nothing', async () => {
    const p = place({ kind: 'ready', value: 1 });
    const told: string[] = [];
    const done = runJob(
      'convert',
      p,
      (job) => new Promise<number>((_, reject) => job.signal.addEventListener('abort', () => reject(new CancelledError()))),
      (e) => told.push(e.code),
    );
    cancelJob('convert');
    await done;
    expect(p.read()).toEqual({ kind: 'ready', value: 1 });
    expect(told).toEqual([]);
  });
  test('an overtaken job writes nothing', async () => {
    const p = place({ kind: 'empty' });
    let finish: (n: number) => void = () => undefined;
    const first = runJob('convert', p, () => new Promise<number>((resolve) => (finish = resolve)));
    const second = runJob('convert', p, () => Promise.resolve(2));
    await second;
    finish(1);
    await first;
    expect(p.read()).toEqual({ kind: 'ready', value: 2 });
  });
  test('an overtaken job of another place ends its loading there', async () => {
    const [a, b] = [place({ kind: 'ready', value: 1 }), place({ kind: 'empty' })];
    let finish: (n: number) => void = () => undefined;
    const first = runJob('data', a, () => new Promise<number>((resolve) => (finish = resolve)));
    await runJob('data', b, () => Promise.resolve(2));
    finish(3);
    await first;
    expect([a.read(), b.read()]).toEqual([
      { kind: 'ready', value: 1 },
      { kind: 'ready', value: 2 },
    ]);
  });
  test('one message a job: a new error replaces it, a success removes it, another job’s stays', async () => {
    const fail = (what: string) => () => Promise.reject<number>(new StudioError({ code: 'bad-data', what }));
    const p = place({ kind: 'empty' });
    const titles = () => state().notices.map((n) => n.title);
    await runJob('evaluate', p, fail('other'));
    await runJob('convert', p, fail('first'));
    await runJob('convert', p, fail('second'));
    expect(titles()).toEqual(['other', 'second']);
    await runJob('convert', p, () => Promise.resolve(1));
    expect(titles()).toEqual(['other']);
  });
  test('an error that crossed threads is told by its fields', () => {
    expect(fieldsOf({ fields: { code: 'truncated', what: 'short' } }).code).toBe('truncated');
    expect(fieldsOf(new TypeError('no')).code).toBe('internal');
  });
});
