/** Whether a file can be written at --out (or another flag), asked before the work and not after it. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { badUsage } from './flags';

/** Throws `bad-usage`. */
export async function checkOutPath(out: string, flag = '--out'): Promise<void> {
  const folder = await stat(dirname(out)).catch(() => undefined);
  if (folder?.isDirectory() !== true) throw badUsage(`The folder of ${flag} does not exist`, { got: dirname(out), todo: 'Make it first.' });
  const there = await stat(out).catch(() => undefined);
  if (there?.isDirectory() === true) throw badUsage(`${flag} is a folder`, { expected: 'the name of a file', got: out });
}
