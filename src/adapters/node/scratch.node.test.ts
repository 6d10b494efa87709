/** The scratch file gives back what was written, in any order, and leaves nothing behind. */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { nodeScratch } from './scratch';

test('bytes come back from where they were written, and no file stays', async () => {
  const others = readdirSync(tmpdir()).filter((n) => n.startsWith('t2c-scratch-'));
  const file = await nodeScratch();
  await file.write(1000, Uint8Array.of(7, 8, 9));
  await file.write(0, Uint8Array.of(1, 2, 3, 4));
  await file.write(2, Uint8Array.of(5));
  const read = async (at: number, length: number): Promise<number[]> => {
    const into = new Uint8Array(length);
    await file.read(at, into);
    return [...into];
  };
  expect(await read(0, 4)).toEqual([1, 2, 5, 4]);
  expect(await read(1001, 2)).toEqual([8, 9]);
  await expect(read(1002, 2)).rejects.toMatchObject({ fields: { code: 'storage' } });
  await file.close();
  const now = readdirSync(tmpdir()).filter((n) => n.startsWith('t2c-scratch-'));
  expect(now.filter((n) => !others.includes(n))).toEqual([]);
});
