import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { kernelFile, kernelModule } from './build-kernel.mjs';

test('the kernel in the core is what its source compiles to', async () => {
  expect(readFileSync(kernelFile, 'utf8')).toBe(await kernelModule());
});
