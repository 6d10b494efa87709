/**
 * Checks a whole bundle with the exact executor: every hash, every stored copy, the proofs, and every op
 * from its stored operands. As each op is recomputed from tensors that its producers were shown to make,
 * agreement everywhere is agreement of the whole graph from the input integers to the outputs.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { StudioError } from '../base/errors';
import { sha256Hex } from '../base/hash';
import { executeOp } from '../integer/execute';
import type { IntTensor } from '../ir/integer-model';
import { rangeOf, signedBits } from '../ir/int-tensor';
import { sameShape } from '../ir/tensor';
import type { Manifest } from './manifest';
import { readBundle, readManifest, readTensorFile, type Bundle } from './read-bundle';
import { exportFaults } from './verify-exports';
import { structureFaults } from './verify-structure';
import { firstDifference, type Fault } from './fault';

export interface VerifyReport {
  readonly ok: boolean;
  /** In the order found; the first one is what to look at. At most a few hundred. */
  readonly faults: readonly Fault[];
  readonly ops: number;
  readonly tensors: number;
  readonly files: number;
  /** Outputs of float islands: stored, not recomputed. */
  readonly notRecomputed: readonly string[];
}

/** Throws `bad-bundle` only where manifest.json is missing or unreadable; every other fault is in the report. */
export async function verifyBundle(files: ReadonlyMap<string, Uint8Array>, ctx: Context): Promise<VerifyReport> {
  const manifest = readManifest(files);
  const faults = await hashFaults(manifest, files, ctx);
  const bundle = attempt(faults, undefined, () => readBundle(files));
  if (bundle) {
    faults.push(...structureFaults(bundle));
    faults.push(...copyFaults(bundle, files));
    await checkOps(bundle, faults, ctx);
    for (const fault of exportFaults(manifest, files)) {
      if (fault) faults.push(fault);
      await ctx.tick();
      throwIfCancelled(ctx);
    }
  }
  return {
    ok: faults.length === 0,
    faults,
    ops: manifest.ops.length,
    tensors: Object.keys(manifest.tensors).length,
    files: Object.keys(manifest.files).length,
    notRecomputed: manifest.islands.map((i) => i.output),
  };
}

/** Runs `work`; a StudioError becomes a fault. */
function attempt<T>(faults: Fault[], tensor: string | undefined, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    faults.push(faultOf(error, tensor));
    return undefined;
  }
}

/** What an unreadable or senseless part of a bundle threw; everything else goes on up. */
function faultOf(error: unknown, tensor: string | undefined): Fault {
  if (error instanceof StudioError || error instanceof RangeError || error instanceof TypeError) {
    const file = error instanceof StudioError ? error.fields.where?.file : undefined;
    return { kind: 'unreadable', file, tensor, message: error.message };
  }
  throw error;
}

async function hashFaults(manifest: Manifest, files: ReadonlyMap<string, Uint8Array>, ctx: Context): Promise<Fault[]> {
  const faults: Fault[] = [];
  const names = new Map<string, string>(Object.entries(manifest.tensors).map(([name, t]) => [t.file, name]));
  for (const op of manifest.ops) {
    for (const [role, path] of Object.entries(op.files)) if (!names.has(path)) names.set(path, `${op.name}_${role}`);
  }
  for (const path of names.keys()) {
    if (!(path in manifest.files))
      faults.push({ kind: 'hash', file: path, tensor: names.get(path), message: `${path} has no hash in the manifest` });
  }
  const listed = Object.entries(manifest.files);
  let done = 0;
  for (const [path, expected] of listed) {
    const bytes = files.get(path);
    const got = bytes && sha256Hex(bytes);
    const tensor = names.get(path);
    const label = tensor === undefined ? path : `${path} (tensor ${tensor})`;
    if (got === undefined) faults.push({ kind: 'hash', file: path, tensor, message: `${label} is missing` });
    else if (got !== expected)
      faults.push({ kind: 'hash', file: path, tensor, message: `${label}: hash is ${got}, the manifest says ${expected}` });
    ctx.progress({ stage: 'hash', done: ++done, total: listed.length });
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  return faults;
}

/** x1 and x2 files that repeat a tensor stored elsewhere. */
function copyFaults(bundle: Bundle, files: ReadonlyMap<string, Uint8Array>): Fault[] {
  const faults: Fault[] = [];
  const { tensors } = bundle.manifest;
  const check = (op: string, role: string, file: string | undefined, name: string | undefined): void => {
    const info = name === undefined ? undefined : tensors[name];
    if (file === undefined || name === undefined || !info || info.file === file) return;
    const stored = bundle.tensors.get(name) ?? bundle.model.constants.get(name);
    const copy = attempt(faults, `${op}_${role}`, () => readTensorFile(files, file, info, `${op}_${role}`));
    const fault = stored && copy && firstDifference(`${op}_${role}`, file, stored, copy);
    if (fault) faults.push(fault);
  };
  for (const op of bundle.manifest.ops) {
    const weight = 'weight' in op ? op.weight : undefined;
    check(op.name, 'x1', op.files.x1, op.inputs[0]);
    check(op.name, 'x2', op.files.x2, weight ?? op.inputs[1]);
  }
  return faults;
}

async function checkOps(bundle: Bundle, faults: Fault[], ctx: Context): Promise<void> {
  const { model, manifest, tensors } = bundle;
  const compare = (name: string, expected: IntTensor | undefined): void => {
    const stored = tensors.get(name);
    const file = manifest.tensors[name]?.file ?? '';
    if (!stored || !expected || !sameShape(stored.shape, expected.shape)) {
      faults.push({ kind: 'structure', file, tensor: name, message: `${name} (${file}) does not have the shape that its op makes` });
      return;
    }
    const fault = firstDifference(name, file, expected, stored);
    if (fault) faults.push(fault);
  };
  for (const [i, op] of model.ops.entries()) {
    try {
      const made = await executeOp(op, tensors, model, ctx);
      if ('acc' in op && op.acc !== undefined) {
        compare(op.acc, made.acc);
        const stored = tensors.get(op.acc);
        const entry = manifest.ops[i];
        const seen = stored && signedBits(rangeOf(stored.data));
        const said = entry && 'accumulator' in entry ? entry.accumulator?.seenBits : undefined;
        if (seen !== said)
          faults.push({
            kind: 'structure',
            file: undefined,
            tensor: op.acc,
            message: `${op.acc} uses ${seen} bits, the manifest says ${said}`,
          });
      }
      compare(op.output, made.output);
    } catch (error) {
      faults.push(faultOf(error, op.output));
    }
    ctx.progress({ stage: 'verify', done: i + 1, total: model.ops.length });
    await ctx.tick();
    throwIfCancelled(ctx);
  }
}
