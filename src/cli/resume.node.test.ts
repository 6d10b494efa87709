/**
 * `quantize --resume`: a run that was interrupted goes on to the bundle of one that was not, byte for byte, and learns only what is
 * left; the same seed twice gives the same bytes, whatever memory there is; what belongs to another recipe is refused.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRng } from '../core/base/rng';
import { floatModel, readBundle, readLearned, unzipBundle, writeNpy } from '../core/index';
import { convNet } from '../core/prepare/networks.fixture';
import { runCli } from './run';

const folder = mkdtempSync(join(tmpdir(), 't2c-resume-'));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
  const network = convNet();
  writeFileSync(at('net.onnx'), floatModel(network).bytes);
  const shape = (network.model.graph.inputs[0]?.shape ?? []).map(Number);
  const rng = createRng(1);
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 2) }, () => rng.normal());
  writeFileSync(at('x.npy'), writeNpy({ dtype: 'float32', shape: [2, ...shape.slice(1)], data }));
});

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Ends the run as Ctrl-C does once `isEnough` says so. */
async function quantize(out: string, further: readonly string[], isEnough: () => boolean = () => false): Promise<Run> {
  const interrupt = new AbortController();
  const timer = setInterval(() => isEnough() && interrupt.abort(), 2);
  const told = { out: '', err: '' };
  try {
    const code = await runCli(
      [
        ...['quantize', at('net.onnx'), '--calibration', at('x.npy'), '--out', at(out)],
        ...['--weights', 'adaround', '--weights-iterations', '20', '--weights-rows', '32', ...further],
      ],
      {
        stdout: { write: (text) => void (told.out += text) },
        stderr: { write: (text) => void (told.err += text) },
        signal: interrupt.signal,
      },
    );
    return { code, ...told };
  } finally {
    clearInterval(timer);
  }
}

const four = ['--wbits', '4', '--seed', '7'];
const learnedIn = (name: string): number => readLearned(new Uint8Array(readFileSync(at(name))))?.records.length ?? 0;

test('an interrupted run goes on to the bytes of one that was not', async () => {
  const whole = await quantize('whole.zip', [...four, '--json']);
  expect(whole.code).toBe(0);
  const layers = (JSON.parse(whole.out) as { prepared: { notes: { step: string; layer: string }[] } }).prepared.notes.filter(
    (n) => n.step === 'learn',
  );
  expect(layers.length).toBeGreaterThan(2);

  const isBegun = (): boolean => statSync(at('kept.lrn'), { throwIfNoEntry: false })?.isFile() === true && learnedIn('kept.lrn') >= 1;
  const broken = await quantize('broken.zip', [...four, '--resume', at('kept.lrn')], isBegun);
  expect(broken.code).not.toBe(0);
  expect(statSync(at('broken.zip'), { throwIfNoEntry: false })).toBeUndefined();
  const kept = learnedIn('kept.lrn');
  expect(kept).toBeGreaterThanOrEqual(1);
  expect(kept).toBeLessThan(layers.length);

  const before = readFileSync(at('kept.lrn'));
  const resumed = await quantize('resumed.zip', [...four, '--resume', at('kept.lrn')]);
  expect(resumed.code).toBe(0);
  expect(readFileSync(at('resumed.zip')).equals(readFileSync(at('whole.zip')))).toBe(true);
  expect(learnedIn('kept.lrn')).toBe(layers.length);
  expect(resumed.out).toMatch(/learned +what +loss before +after +flips +iterations/);
  // the bundle says of every layer what it gained
  const { report } = readBundle(unzipBundle(readFileSync(at('resumed.zip')), 'resumed.zip')).manifest;
  expect(report?.learned?.map((l) => l.layer)).toEqual(layers.map((n) => n.layer));
  for (const l of report?.learned ?? []) {
    expect(l).toMatchObject({ kind: 'weights', iterations: 20 });
    expect(l.after).toBeLessThanOrEqual(l.before);
  }
  // what was there is there still: nothing was learned twice
  expect(readFileSync(at('kept.lrn')).subarray(0, before.length).equals(before)).toBe(true);

  const other = await quantize('other.zip', ['--wbits', '3', '--seed', '7', '--resume', at('kept.lrn')]);
  expect([other.code, other.err]).toEqual([2, expect.stringContaining('belongs to another model, data or recipe')]);
});

test('the same seed gives the same bytes, with and without memory for activations', async () => {
  for (const memory of ['0', '512']) expect((await quantize(`${memory}.zip`, [...four, '--learn-memory', memory])).code).toBe(0);
  expect(readFileSync(at('0.zip')).equals(readFileSync(at('512.zip')))).toBe(true);
  expect((await quantize('seed.zip', ['--wbits', '4', '--seed', '8'])).code).toBe(0);
  expect(readFileSync(at('seed.zip')).equals(readFileSync(at('512.zip')))).toBe(false);
});
