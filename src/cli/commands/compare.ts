/** `compare FILE.zip DUMP...`: what a simulator dumped against the golden tensors, which the names of the dumps choose. */
import { basename } from 'node:path';
import { readBytes } from '../../adapters/node/files';
import { compareDump, type CompareReport } from '../../core/index';
import { readBundleFiles } from '../bundle-file';
import type { CommandSpec } from '../command';

export const compare: CommandSpec = {
  usage: 'compare <bundle> <...dumps>',
  about: "Compare a simulator's dumps (.mem, .npy, .txt, named as in the bundle) with its tensors",
  flags: [],
  async run([path = '', ...dumps], _, terminal) {
    const files = await readBundleFiles(path);
    const reports: CompareReport[] = [];
    for (const dump of dumps) reports.push(compareDump(files, { name: basename(dump), bytes: await readBytes(dump) }));
    const ok = reports.every((r) => r.first === undefined);
    terminal.result({ ok, dumps: reports }, reports.map(lineOf));
    return ok ? 0 : 1;
  },
};

function lineOf({ tensor, elements, differing, first }: CompareReport): string {
  if (!first) return `OK: ${tensor}, ${elements} elements`;
  return `MISMATCH ${tensor} at index [${first.index.join(', ')}]: expected ${first.expected}, got ${first.got}; ${differing} of ${elements} elements differ`;
}
