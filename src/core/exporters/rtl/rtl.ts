/**
 * The RTL export: rtl/ with SystemVerilog modules of the arithmetic, a self-checking test bench per op that reads hex/, a Makefile
 * for Icarus Verilog and Verilator. Law: `make` there ends with 0 on the bundle as it was written, and with another status
 * after one digit of hex/ was changed.
 */
import { utf8Encode } from '../../base/bytes';
import { StudioError } from '../../base/errors';
import type { OptionValues } from '../../quant/quantizer';
import type { BundleFile } from '../bundle-input';
import type { ExportBundle, Exporter } from '../exporter';
import type { ManifestOp } from '../manifest';
import { memExporter } from '../mem';
import { benchText, memParams, type Bench } from './bench';
import { benchesOf } from './benches';
import { rtlContext, type RtlContext } from './context';
import { makefile } from './makefile';
import { rtlReadme, type ListedOp } from './readme';
import { rtlSources } from './sources';

function text(path: string, content: string): BundleFile {
  return { path: `rtl/${path}`, bytes: utf8Encode(content) };
}

/** `0007_layer1.0.conv1`: in order of execution, and a file name of its own whatever the names are. */
function idOf(index: number, yq: string): string {
  const stem = (yq.split('/').at(-1) as string).replace(/_yq(~\d+)?\.npy$/, '$1');
  return `${String(index).padStart(4, '0')}_${stem}`;
}

/** The first op that names the value anywhere: as an input, a weight, indices. */
function readerOf(value: string, ops: readonly ManifestOp[]): string | undefined {
  const names = (part: unknown): boolean =>
    part === value || (typeof part === 'object' && part !== null && Object.values(part).some((inner) => names(inner)));
  return ops.find((op) => names({ ...op, name: '', source: [], output: '' }))?.name;
}

function* fileBenches(bundle: ExportBundle, c: RtlContext): Generator<{ fileStem: string; bench: Bench }> {
  for (const { fileStem, value } of bundle.tensors()) {
    const params = { NAME: readerOf(value, bundle.manifest.ops) ?? value, ...memParams('X', c.memAt(fileStem, value)) };
    yield { fileStem, bench: { module: 't2c_tb_file', params, outputs: 0, checked: 0, files: [] } };
  }
}

/** The benches read one element a word, in row-major order: what hex/ is when nobody asks for another packing. */
function checkHex(given: OptionValues): void {
  for (const [id, value] of Object.entries(given)) {
    const usual = memExporter.options.find((spec) => spec.id === id)?.fallback;
    if (value === usual) continue;
    throw new StudioError({
      code: 'bad-usage',
      what: 'The test benches of rtl read hex memory images with one element a word, in row-major order',
      expected: `hex.${id} as it is by default`,
      got: String(value),
      todo: 'Leave the packing of hex as it is, or choose another memory format for it',
    });
  }
}

export function* rtlFiles(bundle: ExportBundle, options: OptionValues): Generator<BundleFile> {
  const { manifest } = bundle;
  const count = options['outputs'] === 'all' ? undefined : Number(options['count']);
  const context = rtlContext(bundle, { count, seed: manifest.seed });
  const listed: ListedOp[] = [];
  const read = new Set<string>();
  for (const [index, op] of manifest.ops.entries()) {
    const id = idOf(index, op.files.yq);
    const benches = benchesOf(op, id, context);
    listed.push({ op, id, benches });
    for (const [part, bench] of benches.entries()) {
      const name = part === 0 ? id : `${id}.part${part + 1}`;
      for (const value of Object.values(bench.params)) if (typeof value === 'string') read.add(value);
      yield text(`ops/${name}.sv`, benchText(`${op.name}: ${op.kind}`, bench));
      yield* bench.files;
    }
  }
  // a file that no op reads: an input of which every reader has a copy
  const others = [...fileBenches(bundle, context)].filter(({ bench }) => !read.has(bench.params['X_FILE'] as string)); // of t2c_tb_file
  for (const [i, { fileStem, bench }] of others.entries()) {
    yield text(
      `ops/${String(listed.length + i).padStart(4, '0')}_file.${fileStem}.sv`,
      benchText(`${fileStem}: no op reads this file`, bench),
    );
  }
  const sources = Object.entries(rtlSources);
  for (const [path, source] of sources) yield text(path, source);
  yield text('files.f', sources.map(([path]) => `${path}\n`).join(''));
  yield text('Makefile', makefile);
  yield text('README.md', rtlReadme(manifest, listed, rtlSources));
}

export const rtlExporter: Exporter = {
  id: 'rtl',
  title: 'SystemVerilog with test benches',
  help: 'Synthesizable modules of the arithmetic and a self-checking test bench for every operator, with a Makefile for Icarus Verilog and Verilator. Comes with the hex memory images, which the benches read.',
  needs: ['hex'],
  check: (options) => checkHex(options['hex'] ?? {}),
  group: 'design',
  place: 'rtl/',
  options: [
    {
      id: 'outputs',
      title: 'Outputs to simulate',
      help: 'All outputs of small operators are simulated always, and all of every operator by `make ALL=1`.',
      kind: {
        type: 'choice',
        choices: [
          { value: 'sampled', title: 'A sample of large operators' },
          { value: 'all', title: 'All' },
        ],
      },
      fallback: 'sampled',
    },
    {
      id: 'count',
      title: 'Outputs per operator',
      help: 'So many outputs of a convolution or product are simulated: corners of the tensor, and the others spread over channels and positions. Ops without a sum take 16 times as many, softmax and layer normalization whole rows.',
      kind: { type: 'number', min: 1, max: 1_000_000, step: 1 },
      fallback: 256,
    },
  ],
  files: rtlFiles,
};
