/** `--equalize`, `--bn-reestimation` and `--bias-correction`: each is a switch of its own, stands in the bundle's recipe, and is told. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { repository } from '../adapters/node/engine.fixture';
import { correctionOptions, readBundle, unzipBundle } from '../core/index';
import { runCli } from './run';

const folder = mkdtempSync(join(tmpdir(), 't2c-corrections-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sample = (name: string): string => join(repository, 'public/samples', name);

async function quantize(out: string, ...further: readonly string[]) {
  const told = { out: '', err: '' };
  const code = await runCli(
    [
      ...['quantize', sample('resnet14_fashion.onnx'), '--calibration', sample('fashion_calib.npz'), '--samples', '4', '--wbits', '4'],
      ...['--mean', '0.286', '--std', '0.353', '--out', join(folder, out), ...further],
    ],
    {
      stdout: { write: (text) => void (told.out += text) },
      stderr: { write: (text) => void (told.err += text) },
      signal: new AbortController().signal,
    },
  );
  expect([code, told.err]).toEqual([0, '']);
  const { manifest } = readBundle(unzipBundle(new Uint8Array(readFileSync(join(folder, out))), out));
  const line = (name: string): RegExpExecArray | null => new RegExp(`^${name}: (\\d+) layers?`, 'm').exec(told.out);
  const layers = (name: string): number => Number(line(name)?.[1] ?? 0);
  return {
    recipe: manifest.recipe as { readonly corrections: Readonly<Record<string, boolean>> },
    db: manifest.report?.logitsSqnrDb ?? 0,
    counts: ['equalization', 'BatchNorm re-estimation', 'bias correction'].map(layers),
  };
}

test('each switch does what it says, alone and with the others, and makes up for some of what four bits lose', async () => {
  const plain = await quantize('plain.zip');
  expect(plain.counts).toEqual([0, 0, 0]);
  expect(Object.values(plain.recipe.corrections)).toEqual([false, false, false]);
  for (const [i, { id, flag }] of correctionOptions.entries()) {
    const made = await quantize(`${id}.zip`, `--${flag}`);
    expect(made.recipe.corrections).toEqual(Object.fromEntries(correctionOptions.map((o) => [o.id, o.id === id])));
    // what has the mean or the deviation of the float model is nearer to it
    expect(made.counts.map((n) => n > 0)).toEqual(correctionOptions.map((_, k) => k === i));
    if (id !== 'equalize') expect(made.db).toBeGreaterThan(plain.db);
  }
  const all = await quantize('all.zip', ...correctionOptions.map((o) => `--${o.flag}`));
  expect(Object.values(all.recipe.corrections)).toEqual([true, true, true]);
  const [equalized = 0, convolutions = 0, others = 0] = all.counts;
  // re-estimation takes the convolutions, bias correction what is left: every layer once
  expect([equalized > 0, convolutions + others]).toEqual([true, 16]);
  expect(all.db).toBeGreaterThan(plain.db);
});
