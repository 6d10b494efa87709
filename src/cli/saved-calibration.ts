/** Calibrations as files: told by their first bytes, whatever they are called. */
import { open } from 'node:fs/promises';
import { isCalibrationFile } from '../core/index';

/** False for folders and for what cannot be read: whoever reads it says so. */
export async function isSavedCalibration(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return false;
  try {
    const head = new Uint8Array(8);
    await file.read(head, 0, head.length, 0);
    return isCalibrationFile(head);
  } catch {
    return false;
  } finally {
    await file.close();
  }
}
