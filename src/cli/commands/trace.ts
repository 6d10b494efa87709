/** `trace FILE.zip OP INDEX`: where one element of an op's output comes from, in integers, from the sample of a bundle. */
import { readBundle, StudioError, traceJson, traceOutput, traceText } from '../../core/index';
import { readBundleFiles } from '../bundle-file';
import type { CommandSpec } from '../command';

/** Rows of the table on a terminal: all of them where nobody said how many. */
const SHOWN = 64;

export const trace: CommandSpec = {
  usage: 'trace <bundle> <op> <index>',
  about: 'One element of an op: each product, the sum, bias, multiply, shift and clamp in decimal, hex and binary',
  flags: [
    ['--order <order>', 'Products in order of their index, or by size: index or size (default index)'],
    ['--terms <count>', `Rows of the table at most (default ${SHOWN}; 0: all)`],
  ],
  async run([path = '', op = '', index = ''], flags, terminal) {
    const order = flags.choice('order', ['index', 'size']) ?? 'index';
    const most = flags.integer('terms', 0) ?? SHOWN;
    const { model, tensors } = readBundle(await readBundleFiles(path));
    const found = traceOutput(model, tensors, op, parseIndex(index));
    terminal.result(
      traceJson(found),
      traceText(found, { order, ...(most === 0 ? {} : { terms: most }) })
        .trimEnd()
        .split('\n'),
    );
    return 0;
  },
};

/** `0,3,7,7`, with or without brackets. */
function parseIndex(text: string): readonly number[] {
  const parts = text
    .replaceAll(/[[\]\s]/g, ',')
    .split(',')
    .filter((part) => part !== '');
  if (parts.every((part) => /^\d+$/.test(part))) return parts.map(Number);
  throw new StudioError({
    code: 'bad-usage',
    what: 'The index is not understood',
    expected: 'whole numbers with commas between them: 0,3,7,7',
    got: text,
  });
}
