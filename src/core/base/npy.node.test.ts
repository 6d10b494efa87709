/** The .npy reader and writer against numpy itself, byte for byte; skipped by name where numpy is absent. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readNpy, writeNpy, type NpyDType } from './npy';

const python = '/usr/bin/python3';
const numpy = spawnSync(python, ['-c', 'import numpy']).status === 0;

const script = `
import numpy as np, sys, os
d = sys.argv[1]
rng = np.random.default_rng(0)
for t in 'float64 float32 float16 int64 int32 int16 int8 uint64 uint32 uint16 uint8 bool'.split():
    for shape in [(), (1,), (7,), (2, 3), (2, 3, 4, 5), (0, 3), (123456, 0)]:
        a = (rng.standard_normal(shape) * 100).astype(t)
        np.save(os.path.join(d, t + '_' + 'x'.join(map(str, shape)) + '.npy'), a)
a = np.arange(24).reshape(2, 3, 4)
np.save(os.path.join(d, 'c.npy'), a)
np.save(os.path.join(d, 'f.npy'), np.asfortranarray(a))
np.save(os.path.join(d, 'big.npy'), a.astype('>i8'))
`;

describe.skipIf(!numpy)('.npy against numpy (needs /usr/bin/python3 with numpy)', () => {
  test('what numpy wrote is read and written back to the same bytes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'npy-'));
    try {
      writeFileSync(join(folder, 'make.py'), script);
      execFileSync(python, [join(folder, 'make.py'), folder]);
      const types: readonly NpyDType[] = [
        'float64',
        'float32',
        'float16',
        'int64',
        'int32',
        'int16',
        'int8',
        'uint64',
        'uint32',
        'uint16',
        'uint8',
        'bool',
      ];
      for (const dtype of types) {
        for (const shape of [[], [1], [7], [2, 3], [2, 3, 4, 5], [0, 3], [123456, 0]]) {
          const bytes = new Uint8Array(readFileSync(join(folder, `${dtype}_${shape.join('x')}.npy`)));
          const array = readNpy(bytes, 'x.npy');
          expect([array.dtype, array.shape]).toEqual([dtype, shape]);
          expect(writeNpy(array)).toEqual(bytes);
        }
      }
      const load = (name: string) => readNpy(new Uint8Array(readFileSync(join(folder, name))), name);
      expect(load('f.npy')).toEqual(load('c.npy'));
      expect(load('big.npy')).toEqual(load('c.npy'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
