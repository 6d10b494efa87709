/** `compare FILE.zip DUMP...`: what a simulator dumped against the golden tensors, which the names of the dumps choose. */
import { basename } from 'node:path';
import { readBytes } from '../../adapters/node/files';
import { compareDump, type CompareReport } from '../../core/index';
import { readBundleFiles } from '../bundle-file';
import type { CommandSpec } from '../command';
import { badUsage } from '../flags';

/** Bins of the histogram that are printed. */
const SHOWN = 9;

export const compare: CommandSpec = {
  usage: 'compare <bundle> <...dumps>',
  about: "Compare a simulator's dumps (.mem, .npy, or .txt with one value a line; named as in the bundle) with its tensors",
  flags: [
    ['--tensor <name>', 'Compare with this tensor, whatever the dump is called: a file, an op (its output) or a value'],
    ['--radix <radix>', 'The words of a text are numbers to this base: 2, 10 or 16 (default: told by ending and words)'],
  ],
  async run([path = '', ...dumps], flags, terminal) {
    const tensor = flags.text('tensor');
    if (tensor !== undefined && dumps.length > 1) throw badUsage('--tensor goes with one dump', { got: `${dumps.length} dumps` });
    const radix = { '2': 2, '10': 10, '16': 16, none: undefined }[flags.choice('radix', ['2', '10', '16']) ?? 'none'] as
      2 | 10 | 16 | undefined;
    const files = await readBundleFiles(path);
    const reports: CompareReport[] = [];
    for (const dump of dumps) reports.push(compareDump(files, { name: basename(dump), bytes: await readBytes(dump) }, { tensor, radix }));
    const ok = reports.every((r) => r.first === undefined);
    terminal.result({ ok, dumps: reports }, reports.flatMap(linesOf));
    return ok ? 0 : 1;
  },
};

function linesOf({ tensor, elements, differing, unknown, first, worst, histogram, format }: CompareReport): string[] {
  if (!first) return [`OK: ${tensor}, ${elements} elements, ${format}`];
  const bins = [...histogram].filter((b) => b.count > 0).sort((a, b) => b.count - a.count);
  const by = bins.slice(0, SHOWN).map(({ from, to, count }) => `${from === to ? from : `${from} to ${to}`}: ${count}`);
  return [
    `MISMATCH ${tensor} at index [${first.index.join(', ')}] (position ${first.position}): expected ${first.expected}, got ${first.got}; ${differing} of ${elements} elements differ${unknown > 0 ? `, ${unknown} of them unknown` : ''}`,
    ...(worst
      ? [`  farthest off at [${worst.index.join(', ')}]: expected ${worst.expected}, got ${worst.got}, by ${worst.difference}`]
      : []),
    ...(by.length > 0 ? [`  got - expected: ${by.join('; ')}${bins.length > SHOWN ? `; and ${bins.length - SHOWN} more` : ''}`] : []),
  ];
}
