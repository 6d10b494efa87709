import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkOutPath } from './out-path';

test('a folder, and a file in a folder that is not there, are refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 't2c-out-'));
  try {
    writeFileSync(join(folder, 'old.zip'), '');
    await checkOutPath(join(folder, 'new.zip'));
    await checkOutPath(join(folder, 'old.zip'));
    await expect(checkOutPath(folder)).rejects.toThrow('--out is a folder');
    await expect(checkOutPath(join(folder, 'none', 'a.zip'))).rejects.toThrow('does not exist');
    await expect(checkOutPath(join(folder, 'old.zip', 'a.zip'))).rejects.toThrow('does not exist');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
