/** `merge FILE...`: the shards of one calibration as one, the same as if it had been made in one go. */
import { readBytes } from '../../adapters/node/files';
import { writeFileWhole } from '../../adapters/node/file-sink';
import { mergeCalibrations, readCalibration, StudioError, writeCalibration } from '../../core/index';
import type { CalibrationShard } from '../../core/calibrate/types';
import type { CommandSpec } from '../command';
import { checkOutPath } from '../out-path';
import { counted } from '../terminal';

export const merge: CommandSpec = {
  usage: 'merge <...shards>',
  about: 'Put the shards of a calibration together',
  flags: [['--out <file>', 'Where the whole calibration is written']],
  async run(paths, flags, terminal) {
    const out = flags.required('out');
    await checkOutPath(out);
    const shards: CalibrationShard[] = [];
    for (const path of paths) shards.push(named(path, readCalibration, await readBytes(path)));
    const whole = mergeCalibrations(shards);
    const bytes = writeCalibration(whole);
    await writeFileWhole(out, bytes);
    terminal.result({ out, bytes: bytes.length, samples: whole.samples, sha256: whole.sha256, tensors: whole.stats.size }, [
      `${out}: ${counted(whole.samples, 'sample')}, ${counted(whole.stats.size, 'tensor')}`,
    ]);
    return 0;
  },
};

function named(file: string, read: (bytes: Uint8Array) => CalibrationShard, bytes: Uint8Array): CalibrationShard {
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof StudioError) throw new StudioError({ ...error.fields, where: { ...error.fields.where, file } });
    throw error;
  }
}
