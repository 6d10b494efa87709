// verify.py on real folders: accepts the tiny bundle in every rounding and finds each planted fault.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { flipBit, plantedFaults } from './faults.fixture';
import { deferredFaults, nonlinearFaults, nonlinearInput } from './nonlinear-bundle.fixture';
import { collect, tinyInput } from './tiny-bundle.fixture';
import { tokenFaults, tokenInput } from './token-bundle.fixture';
import { verifyPy } from './verify-py';

const python = ['/usr/bin/python3', 'python3'].find((p) => spawnSync(p, ['-c', 'import numpy']).status === 0);

function verify(files: ReadonlyMap<string, Uint8Array>): { status: number | null; output: string } {
  const folder = mkdtempSync(join(tmpdir(), 't2c-'));
  try {
    for (const [path, bytes] of files) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }
    const run = spawnSync(python ?? 'python3', ['-B', 'verify.py'], { cwd: folder, encoding: 'utf8' });
    return { status: run.status, output: run.stdout + run.stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the embedded checker is verify.py, byte for byte', () => {
  expect(verifyPy).toBe(readFileSync(new URL('verify.py', import.meta.url), 'utf8'));
});

describe.skipIf(python === undefined)('verify.py (needs python3 with numpy)', () => {
  test.each(['half-up', 'half-even', 'half-away', 'floor'] as const)('accepts what the slow BigInt reading made: %s', async (rounding) => {
    const result = verify(await collect(tinyInput(rounding)));
    expect(result.output).toMatch(/^OK: 20 ops/);
    expect(result.status).toBe(0);
  });

  test.each(plantedFaults)('finds $name', async ({ plant }) => {
    const result = verify(plant(await collect(tinyInput())));
    expect(result.output).toMatch(/MISMATCH/);
    expect(result.output).not.toMatch(/Traceback/);
    expect(result.status).toBe(1);
  });

  test.each([
    ['divide', 'half-up'],
    ['divide', 'half-away'],
    ['reciprocal', 'half-even'],
    ['reciprocal', 'floor'],
    ['deferred', 'half-up'],
    ['deferred', 'half-away'],
  ] as const)('accepts softmax, layer normalization and embeddings of the slow reading: %s, %s', async (mode, rounding) => {
    const result = verify(await collect(await nonlinearInput(mode, rounding)));
    expect(result.output).toMatch(/^OK: 18 ops/);
    expect(result.status).toBe(0);
  });

  test.each(['half-up', 'half-even', 'half-away', 'floor'] as const)('accepts tokens with scales of their own: %s', async (rounding) => {
    const result = verify(await collect(await tokenInput(rounding)));
    expect(result.output).toMatch(/^OK: 6 ops/);
    expect(result.status).toBe(0);
  });

  test.each(tokenFaults)('finds $name', async ({ plant }) => {
    const result = verify(plant(await collect(await tokenInput())));
    expect(result.output).toMatch(/MISMATCH/);
    expect(result.output).not.toMatch(/Traceback/);
    expect(result.status).toBe(1);
  });

  test.each(nonlinearFaults)('finds $name', async ({ plant }) => {
    const input = await nonlinearInput();
    const result = verify(plant(await collect(input), input));
    expect(result.output).toMatch(/MISMATCH/);
    expect(result.output).not.toMatch(/Traceback/);
    expect(result.status).toBe(1);
  });

  test.each(deferredFaults)('finds $name', async ({ plant }) => {
    const input = await nonlinearInput('deferred');
    const result = verify(plant(await collect(input), input));
    expect(result.output).toMatch(/MISMATCH/);
    expect(result.output).not.toMatch(/Traceback/);
    expect(result.status).toBe(1);
  });

  test('names the tensor and the element of a flipped bit', async () => {
    const result = verify(flipBit(await collect(tinyInput()), 'tensors/fc_yq.npy', 0));
    expect(result.output).toMatch(/tensors\/fc_yq\.npy \(tensor logits\): hash/);
    expect(result.output).toMatch(/logits.* at index \[0, 4\]: expected -?\d+, got -?\d+|logits .*spans/);
    expect(result.status).toBe(1);
  });

  test('names a file whose header is damaged', async () => {
    const files = await collect(tinyInput());
    const bytes = (files.get('tensors/fc_yq.npy') as Uint8Array).slice();
    for (const [at, byte] of [
      [10, 0x28],
      [12, 0x00],
      [14, 0x5c],
    ] as const) {
      const damaged = bytes.slice();
      damaged[at] = byte;
      const result = verify(new Map(files).set('tensors/fc_yq.npy', damaged));
      expect(result.output).not.toMatch(/Traceback/);
      expect(result.output).toMatch(/MISMATCH tensors\/fc_yq\.npy cannot be read/);
      expect(result.status).toBe(1);
    }
  });

  test('says which output of a float island was not recomputed', async () => {
    const input = tinyInput();
    const files = await collect(input);
    const text = new TextDecoder().decode(files.get('manifest.json'));
    const m = JSON.parse(text) as { ops: { name: string; output: string }[]; islands: unknown[] };
    m.ops = m.ops.filter((op) => op.name !== 'add');
    m.islands.push({ node: 'add', op: 'Add', reason: 'a test', inputs: ['max', 'avg'], output: 'sum', before: 6 });
    const result = verify(new Map(files).set('manifest.json', new TextEncoder().encode(JSON.stringify(m))));
    expect(result.output).toMatch(/not recomputed: sum/);
    expect(result.status).toBe(0);
  });
});
