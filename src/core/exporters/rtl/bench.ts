/**
 * The test bench of one op as data: which bench module with which parameters, what it reads. Also how parameters are written in
 * SystemVerilog. Knows no op; what an op needs is said by the files beside this one, one per family.
 */
import type { BundleFile } from '../bundle-input';
import type { ManifestTensor } from '../manifest';

/** A number is an `int`; a BigInt a vector of 64 bits; numbers in a list take 32 bits each, the first in the lowest. */
export type SvValue = string | number | bigint | readonly number[];

export interface Bench {
  /** Module in tb/: `t2c_tb_linear`. */
  readonly module: string;
  readonly params: Readonly<Record<string, SvValue>>;
  /** Outputs of the op, and how many of them are simulated by default. */
  readonly outputs: number;
  readonly checked: number;
  /** Files that only this bench reads: indices of outputs, index maps. */
  readonly files: readonly BundleFile[];
}

/** A .mem file as a bench declares it. */
export interface MemFile {
  /** As the simulator sees it: relative to rtl/. */
  readonly path: string;
  readonly info: ManifestTensor;
  readonly elements: number;
  readonly sums: readonly [bigint, bigint];
}

/** `PRE_FILE`, `PRE_N`, `PRE_W`, `PRE_SIGNED`, `PRE_SUM0`, `PRE_SUM1`: what t2c_mem wants to know. */
export function memParams(prefix: string, file: MemFile): Record<string, SvValue> {
  return {
    [`${prefix}_FILE`]: file.path,
    [`${prefix}_N`]: file.elements,
    [`${prefix}_W`]: file.info.bits,
    [`${prefix}_SIGNED`]: file.info.signed ? 1 : 0,
    [`${prefix}_SUM0`]: file.sums[0],
    [`${prefix}_SUM1`]: file.sums[1],
  };
}

/** Printable ASCII without what a string literal or a comment would take for something else. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, "'");
}

function literal(value: SvValue): string {
  if (typeof value === 'string') return `"${printable(value)}"`;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'bigint') return `64'h${BigInt.asUintN(64, value).toString(16)}`;
  const packed = value.reduceRight((sum, v) => (sum << 32n) | BigInt.asUintN(32, BigInt(v)), 0n);
  return `256'h${packed.toString(16)}`;
}

/** The top module of one op. */
export function benchText(heading: string, bench: Bench): string {
  const params = Object.entries(bench.params).map(([name, value]) => `      .${name}(${literal(value)})`);
  return [
    `// ${printable(heading)}: ${bench.checked} of ${bench.outputs} outputs`,
    'module bench;',
    `  ${bench.module} #(`,
    params.join(',\n'),
    '  ) run ();',
    'endmodule',
    '',
  ].join('\n');
}

/** Words of 32 bits for $readmemh, negative ones in two's complement. */
export function wordsText(heading: string, words: Iterable<number>): string {
  let text = `// ${printable(heading)}\n`;
  for (const word of words) text += `${(word >>> 0).toString(16).padStart(8, '0')}\n`;
  return text;
}
