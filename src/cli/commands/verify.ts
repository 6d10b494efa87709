/** `verify FILE.zip`: recomputes a whole bundle with the exact executor and names the first mismatch. */
import { readBundleFiles } from '../bundle-file';
import type { CommandSpec } from '../command';
import { verifyBundle } from '../../core/index';
import { engineContext } from '../context';

const SHOWN = 10;

export const verify: CommandSpec = {
  usage: 'verify <bundle>',
  about: 'Recompute a bundle (a zip or its unpacked folder): every hash, every tensor',
  flags: [],
  async run([path = ''], _, terminal) {
    const files = await readBundleFiles(path);
    const report = await verifyBundle(files, engineContext(terminal));
    const { ok, faults, ops, tensors, notRecomputed } = report;
    const lines = ok
      ? [
          `OK: ${ops} ops, ${tensors} tensors, ${report.files} files${notRecomputed.length > 0 ? `; not recomputed: ${notRecomputed.join(', ')}` : ''}`,
        ]
      : [
          ...faults.slice(0, SHOWN).map((f) => `MISMATCH ${f.message}`),
          ...(faults.length > SHOWN ? [`and ${faults.length - SHOWN} more`] : []),
        ];
    terminal.result({ ...report, first: faults[0]?.message }, lines);
    return ok ? 0 : 1;
  },
};
