/** README.md of rtl/: what each bench checks, and the ports behind which a designer puts a module of their own. */
import type { Manifest, ManifestOp } from '../manifest';
import type { Bench } from './bench';

export interface ListedOp {
  readonly op: ManifestOp;
  readonly id: string;
  readonly benches: readonly Bench[];
}

/** A module's comment and its header up to the ports' end, as it stands in its source. */
function moduleHeader(source: string): string {
  return source.slice(0, source.indexOf(');\n') + 3);
}

/** The modules of a designer's own are these: a bench names them. */
function duts(sources: Readonly<Record<string, string>>): string[] {
  const benches = Object.entries(sources).filter(([path]) => path.startsWith('tb/t2c_tb_'));
  return Object.keys(sources).filter((path) => {
    const name = /^dut\/(\w+)\.sv$/.exec(path)?.[1];
    return name !== undefined && benches.some(([, text]) => new RegExp(`^ +${name} #\\(`, 'm').test(text));
  });
}

function listedLine({ op, id, benches }: ListedOp): string {
  const [first] = benches;
  if (!first) return `| ${id} | ${op.kind} | no testbench | none |`;
  const sum = (pick: (b: Bench) => number): number => benches.reduce((n, b) => n + pick(b), 0);
  return `| ${id} | ${op.kind} | ${first.module} | ${sum((b) => b.checked)} of ${sum((b) => b.outputs)} |`;
}

export function rtlReadme(manifest: Omit<Manifest, 'files'>, ops: readonly ListedOp[], sources: Readonly<Record<string, string>>): string {
  const without = ops.filter((o) => o.benches.length === 0);
  return [
    `# RTL of ${manifest.model.name}`,
    '',
    '`make` simulates the test bench of every operator with Icarus Verilog (11 or later) and exits with 0 only if every output compared',
    'equals the golden vector in `../hex/`. `make -j8` runs eight at a time, `make ALL=1` compares every output of every operator,',
    '`make lint` and `make verilator` use Verilator (5 or later), `make build/<id>.log` runs one operator. A mismatch is one line:',
    '`MISMATCH op <name>: <file> index [..] (element n): expected .., got ..`.',
    '',
    '- `dut/`: synthesizable modules, one clock, parameters for every width. Arithmetic as in `docs/formats/bundle.md` of the studio;',
    `  of this bundle: rounding ${manifest.arithmetic.rounding}, multipliers ${manifest.arithmetic.multiplier}${registerText(manifest)}.`,
    '- `tb/`: the test benches, one for each family of operators. `ops/`: one top module per operator, which gives its bench the sizes,',
    '  zero points and proved widths of the manifest. `vec/`: which outputs are simulated, and index maps. `files.f`: the list of sources.',
    '- Operators that only move or choose integers (reshape, transpose, slice, concat, pad, expand, gather, where, embeddings) have no',
    '  module: their benches read both tensors and compare element by element, by the index maps in `vec/`.',
    '- Besides, each bench adds up every word of each file that it reads (a sum, and a sum weighted by the index) and compares with what',
    '  was exported: a changed digit is found, and located, in outputs that are not simulated too.',
    '',
    '## Your own modules',
    '',
    '`make DUT=my_rtl` compiles `my_rtl/*.sv` instead of `dut/*.sv`. A bench waits for `done` up to a million clocks, so any latency and',
    'any inner structure will do. Modules with these names, parameters and ports are looked for (those that your operators need):',
    '',
    ...duts(sources).flatMap((path) => ['```systemverilog', moduleHeader(sources[path] as string).trimEnd(), '```', '']),
    '## Operators',
    '',
    '| id | kind | bench | outputs compared |',
    '| -- | ---- | ----- | ---------------- |',
    ...ops.map(listedLine),
    '',
    ...(without.length === 0 ? [] : [`${without.length} operators have no testbench: nothing simulates them.`, '']),
    ...manifest.islands.map((i) => `Float island, not simulated: ${i.node} (${i.op}, ${i.reason}).`),
  ].join('\n');
}

function registerText({ arithmetic: { accumulator } }: Omit<Manifest, 'files'>): string {
  return accumulator ? `, accumulators of ${accumulator.bits} bits (${accumulator.overflow})` : '';
}
