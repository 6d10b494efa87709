// Requantization profiles outside of the core: verify.py on bundles and on the vectors of every mode, ONNX Runtime on whole networks.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRng } from '../base/rng';
import { accumulatorVectors, accumulatorVectorText, requantVectors, requantVectorText } from '../integer/requant-vectors.fixture';
import { integerOnnx } from './integer-onnx';
import { compareWithExecutor, randomInputs } from './integer-onnx.fixture';
import { floatTensorsInside } from './integer-onnx-proof';
import { profileInput, profileModel, profiles } from './profile-bundle.fixture';
import { collect, withManifest } from './tiny-bundle.fixture';
import { verifyPy } from './verify-py';

const python = ['/usr/bin/python3', 'python3'].find((p) => spawnSync(p, ['-c', 'import numpy']).status === 0) ?? 'python3';

function run(files: ReadonlyMap<string, Uint8Array | string>, script: string, input = ''): { status: number | null; output: string } {
  const folder = mkdtempSync(join(tmpdir(), 't2c-'));
  try {
    for (const [path, bytes] of files) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }
    const made = spawnSync(python, ['-B', script], { cwd: folder, encoding: 'utf8', input, maxBuffer: 2 ** 26 });
    return { status: made.status, output: made.stdout + made.stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const vectorScript = `
import sys
import numpy as np
from verify import held, requantize
for line in sys.stdin.read().splitlines():
    word = line.split()
    if word[0] in ("wrap", "saturate"):
        total = np.array([int(word[2])], np.int64)
        print(held(total, {"bits": int(word[1]), "overflow": word[0]})[0])
        continue
    acc, mul, shift, zero, lo, hi = (int(w) for w in word[2:8])
    style, mode = ("tflite", "half-away") if word[0] == "tflite" else ("normalized", word[0])
    as64 = [np.array([v], np.int64) for v in (acc, mul, shift)]
    print(requantize(*as64, zero, lo, hi, mode, style)[0])
`;

test('verify.py gives every vector: rounding modes, widths, gemmlowp, registers', () => {
  const files = new Map([
    ['verify.py', verifyPy],
    ['vectors.py', vectorScript],
  ]);
  const [requant, registers] = [requantVectors(), accumulatorVectors()];
  const { output } = run(files, 'vectors.py', requantVectorText(requant) + accumulatorVectorText(registers));
  const got = output.trim().split('\n').map(Number);
  expect(got).toHaveLength(requant.length + registers.length);
  const wanted = [...requant.map((v) => ({ v, y: v.y })), ...registers.map((v) => ({ v, y: v.acc }))];
  const wrong = wanted.filter(({ y }, i) => got[i] !== y);
  expect(wrong.slice(0, 5)).toEqual([]);
});

describe.each(profiles.map((p) => [JSON.stringify(p), p] as const))('%s', (_, profile) => {
  test('verify.py accepts its bundle and refuses the same bundle under another profile', async () => {
    const files = await collect(await profileInput(profile));
    const result = run(files, 'verify.py');
    expect(result.output).toMatch(/^OK: 9 ops/);
    expect(result.status).toBe(0);
    const other = withManifest(files, (m) => {
      if (m.arithmetic.accumulator && m.arithmetic.accumulator.bits < 20) delete m.arithmetic.accumulator;
      else m.arithmetic.rounding = m.arithmetic.rounding === 'floor' ? 'half-up' : 'floor';
    });
    const refused = run(other, 'verify.py');
    expect(refused.output).toMatch(/MISMATCH/);
    expect(refused.output).not.toMatch(/Traceback/);
    expect(refused.status).toBe(1);
  });

  test('ONNX Runtime gives every tensor of it, with integers alone', async () => {
    for (const more of [{}, { residualBits: 12, weights: { bits: 5 } }]) {
      const model = await profileModel(profile, more);
      expect(floatTensorsInside(integerOnnx(model, 'm'))).toEqual([]);
      for (const seed of [1, 2]) await compareWithExecutor(model, randomInputs(model, createRng(seed)));
    }
  });
});
