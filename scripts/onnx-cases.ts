/**
 * fixtures/onnx-cases.bin.gz from ONNX's own backend tests (Apache-2.0, see fixtures/onnx-cases.LICENSE): every case whose
 * operators the registry knows, models and tensors as they are. `npx tsx scripts/onnx-cases.ts NAME=FOLDER ...` reads folders
 * of `<case>/model.onnx` and `<case>/test_data_set_0/{input,output}_<n>.pb`: what `python -m onnx.backend.test.cmd_tools
 * generate-data` writes (`node`), and what lies in the onnx package and in Debian's libonnx-testdata. A case that an earlier
 * folder has with the same operator sets is left out. Same folders, same bytes.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import onnxProto from 'onnx-proto';
import { familyOf } from '../src/core/ops/registry';

const file = join(import.meta.dirname, '../fixtures/onnx-cases.bin.gz');
/** Larger ones show nothing that smaller ones do not. */
const LARGEST_CASE = 100_000;
/** TensorProto.DataType of what the reader decodes and rules compute with. */
const readable: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13]);

const { onnx } = onnxProto;

export interface CaseIndex {
  readonly name: string;
  /** Lengths in bytes of model, inputs and outputs, which follow one another. */
  readonly model: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

function inScope(bytes: Uint8Array): { scope: boolean; opsets: string } {
  const model = onnx.ModelProto.decode(bytes);
  const known = (model.graph?.node ?? []).every((n) => familyOf(n.opType ?? '', n.domain ?? '') !== undefined);
  const values = [...(model.graph?.input ?? []), ...(model.graph?.output ?? [])];
  const tensors = values.every((v) => readable.has(v.type?.tensorType?.elemType ?? 0));
  const opsets = (model.opsetImport ?? []).map((o) => `${o.domain ?? ''}:${String(o.version)}`).sort();
  return { scope: known && tensors, opsets: opsets.join() };
}

/** `<kind>_0.pb`, `<kind>_1.pb`, ... */
function tensorsOf(folder: string, kind: string): Uint8Array[] {
  const tensors: Uint8Array[] = [];
  for (let n = 0; existsSync(join(folder, `${kind}_${n}.pb`)); n++) tensors.push(readFileSync(join(folder, `${kind}_${n}.pb`)));
  return tensors;
}

const index: CaseIndex[] = [];
const bodies: Uint8Array[] = [];
const seen = new Set<string>();
let [left, large] = [0, 0];
for (const argument of process.argv.slice(2)) {
  const [source = '', folder = ''] = argument.split('=');
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name, 'model.onnx');
    if (!existsSync(path)) continue;
    const model = readFileSync(path);
    const { scope, opsets } = inScope(model);
    const data = join(folder, name, 'test_data_set_0');
    const [inputs, outputs] = [tensorsOf(data, 'input'), tensorsOf(data, 'output')];
    const body = [model, ...inputs, ...outputs];
    if (!scope || outputs.length === 0) left++;
    else if (body.reduce((sum, b) => sum + b.length, 0) > LARGEST_CASE) large++;
    else if (!seen.has(`${name} ${opsets}`)) {
      seen.add(`${name} ${opsets}`);
      index.push({
        name: `${source}/${name}`,
        model: model.length,
        inputs: inputs.map((b) => b.length),
        outputs: outputs.map((b) => b.length),
      });
      bodies.push(...body);
    }
  }
}
const head = Buffer.from(JSON.stringify(index));
const length = Buffer.alloc(4);
length.writeUInt32LE(head.length);
writeFileSync(file, gzipSync(Buffer.concat([length, head, ...bodies]), { level: 9 }));
process.stderr.write(`${index.length} cases, ${left} out of scope, ${large} too large\n`);
