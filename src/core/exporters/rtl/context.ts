/**
 * What the benches of the ops are made from: the manifest, the .mem files of the bundle with their sums, and the choices of the
 * user. One per export.
 */
import { StudioError } from '../../base/errors';
import { utf8Encode } from '../../base/bytes';
import type { BundleFile } from '../bundle-input';
import type { ExportBundle } from '../exporter';
import type { Manifest, ManifestOp, ManifestTensor } from '../manifest';
import { wordsText, type MemFile } from './bench';
import { sampledIndices } from './sample';
import { sumsOf } from './sums';

export interface RtlContext {
  readonly manifest: Omit<Manifest, 'files'>;
  readonly rounding: number;
  /** Of a multiplier and shift: 4 more where the style is gemmlowp's (t2c_requant). */
  readonly mulRounding: number;
  /** Of accumulators: bits that saturate, -bits that wrap, 0 for none (t2c_register). */
  readonly limit: number;
  /** The .mem file of a value's own tensor. */
  memOf(value: string): MemFile;
  /** Of a file in tensors/ or params/ that holds the value (a copy, or its own). */
  memAt(path: string, value: string): MemFile;
  infoOf(value: string): ManifestTensor;
  /** Elements of a constant of at most 32 bits. */
  numbersOf(constant: string): readonly number[];
  /** Parameters and files of the choice of outputs: none where all are simulated. `weight`: cheap ops take more. */
  sample(id: string, shape: readonly number[], weight: number): Sampled;
}

export interface Sampled {
  readonly checked: number;
  readonly indices: readonly number[] | undefined;
  readonly params: Readonly<Record<string, string | number>>;
  readonly files: readonly BundleFile[];
}

export interface Choice {
  /** Outputs of a product that are simulated; undefined: all. */
  readonly count: number | undefined;
  readonly seed: number;
}

/** An op without a sum is simulated for so many times as many outputs. */
export const CHEAP = 16;

const roundings = ['half-up', 'half-even', 'half-away', 'floor'] as const;

export function hexPath(path: string): string {
  return `../hex/${(path.split('/').at(-1) as string).replace(/\.npy$/, '')}.mem`;
}

export function rtlContext(bundle: ExportBundle, choice: Choice): RtlContext {
  const { manifest } = bundle;
  const sums = new Map<string, readonly [bigint, bigint]>();
  for (const { value, tensor, info } of bundle.tensors()) if (!sums.has(value)) sums.set(value, sumsOf(tensor, info.bits));
  const infoOf = (value: string): ManifestTensor => {
    const info = manifest.tensors[value];
    if (info) return info;
    throw new StudioError({ code: 'internal', what: 'A value of the integer model is not in the manifest', where: { value } });
  };
  const memAt = (path: string, value: string): MemFile => {
    const info = infoOf(value);
    return { path: hexPath(path), info, elements: info.shape.reduce((a, b) => a * b, 1), sums: sums.get(value) ?? [0n, 0n] };
  };
  return {
    manifest,
    rounding: roundings.indexOf(manifest.arithmetic.rounding),
    mulRounding: roundings.indexOf(manifest.arithmetic.rounding) + (manifest.arithmetic.multiplier === 'tflite' ? 4 : 0),
    limit: limitOf(manifest.arithmetic),
    infoOf,
    memAt,
    numbersOf: (constant) => {
      const found = bundle.input.integer.constants.get(constant);
      if (!found)
        throw new StudioError({ code: 'internal', what: 'A constant of the integer model is missing', where: { value: constant } });
      return Array.from(found.data as ArrayLike<number>, Number);
    },
    memOf: (value) => memAt(infoOf(value).file, value),
    sample: (id, shape, weight) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const indices =
        choice.count === undefined ? undefined : sampledIndices(shape, Math.max(1, Math.ceil(choice.count * weight)), choice.seed + size);
      if (!indices) return { checked: size, indices, params: {}, files: [] };
      const file = { path: `rtl/vec/${id}.mem`, bytes: utf8Encode(wordsText('indices of the outputs that are simulated', indices)) };
      const params = { SAMPLE_FILE: `vec/${id}.mem`, SAMPLE_N: indices.length };
      return { checked: indices.length, indices, params, files: [file] };
    },
  };
}

function limitOf({ accumulator }: Manifest['arithmetic']): number {
  if (!accumulator) return 0;
  return accumulator.overflow === 'saturate' ? accumulator.bits : -accumulator.bits;
}

/** Extents of the output, for messages. At most 8 axes. */
export function dims(shape: readonly number[]): { readonly RANK: number; readonly DIMS: readonly number[] } {
  return shape.length <= 8 ? { RANK: shape.length, DIMS: shape } : { RANK: 1, DIMS: [shape.reduce((a, b) => a * b, 1)] };
}

/** Two's complement bits that hold every integer of the tensor: what a register of the DUT needs. At least 2. */
export function bitsOf(info: ManifestTensor): number {
  const [min, max] = [BigInt(info.stats.min), BigInt(info.stats.max)];
  return Math.max(2, bitsOfBound(max > -min - 1n ? max : -min - 1n));
}

/** Two's complement bits for -bound - 1 .. bound. */
export function bitsOfBound(bound: bigint): number {
  let bits = 1;
  for (let left = bound; left > 0n; left >>= 1n) bits++;
  return bits;
}

export type OpOf<K extends ManifestOp['kind']> = Extract<ManifestOp, { kind: K }>;
