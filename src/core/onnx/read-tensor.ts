/**
 * TensorProto -> TensorRef: where the bytes of a tensor are and what they are. Nothing is decoded here
 * (tensor-data.ts does, when somebody looks). Law: a ref's raw bytes have the size of its shape.
 */
import { concatBytes } from '../base/bytes';
import { StudioError } from '../base/errors';
import { sizeOf, type TensorRef, type TensorSource } from '../ir/tensor';
import { dtypeOf, rawBytes, typeName } from './dtypes';
import { externalBytes, externalPlace, type ExternalFiles } from './external';
import { BODY, FIXED32, FIXED64, type WireReader } from './wire';

type TypedField = Extract<TensorSource, { kind: 'typed' }>['field'];

const typedFields: Readonly<Record<number, TypedField>> = { 4: 'float', 5: 'int32', 6: 'string', 7: 'int64', 10: 'double', 11: 'uint64' };

/** `owner` names tensors that have no name of their own (attributes), for messages. */
export function readTensor(r: WireReader, files: ExternalFiles, owner = ''): TensorRef {
  const shape: number[] = [];
  let code = 0;
  let name = '';
  let raw: Uint8Array | undefined;
  let location = 0;
  const external = new Map<string, string>();
  let typed: TypedChunks | undefined;
  while (r.next()) {
    const field = typedFields[r.field];
    if (r.field === 1) r.ints(shape);
    else if (r.field === 2) code = r.int();
    else if (r.field === 8) name = r.text();
    else if (r.field === 9) raw = r.body();
    else if (r.field === 13) readEntry(r.message(), external);
    else if (r.field === 14) location = r.int();
    else if (!field) r.skip();
    else {
      if (typed && typed.field !== field) throw r.damaged(`a tensor with both ${typed.field} and ${field} data`);
      typed ??= new TypedChunks(field);
      typed.read(r);
    }
  }
  const value = name === '' ? owner : name;
  const where = { file: r.file, value };
  const count = sizeOf(shape);
  if (shape.some((d) => d < 0) || !Number.isSafeInteger(count)) {
    throw new StudioError({ code: 'bad-shape', what: 'A tensor has an impossible shape', got: `[${shape.join(', ')}]`, where });
  }
  const dtype = dtypeOf(code);
  if (!dtype) return { name, dtype: 'uint8', shape, source: { kind: 'unsupported', type: typeName(code) } };
  if (dtype === 'string') return { name, dtype, shape, source: { kind: 'typed', field: 'string', packed: typed?.finish() ?? [] } };
  const needed = rawBytes(dtype, count);
  if (location === 1) raw = externalBytes(externalPlace(external), needed, value, r.file, files);
  if (raw === undefined && typed) return { name, dtype, shape, source: { kind: 'typed', field: typed.field, packed: typed.finish() } };
  raw ??= new Uint8Array(0);
  if (raw.length !== needed) {
    throw new StudioError({
      code: 'bad-shape',
      what: raw.length === 0 ? 'A tensor has no data' : 'The data of a tensor do not fit its shape',
      expected: `${needed} bytes of ${dtype} for [${shape.join(', ')}]`,
      got: `${raw.length}`,
      where,
    });
  }
  return { name, dtype, shape, source: { kind: 'raw', bytes: raw } };
}

/** StringStringEntryProto. */
export function readEntry(r: WireReader, into: Map<string, string>): void {
  let key = '';
  let value = '';
  while (r.next()) {
    if (r.field === 1) key = r.text();
    else if (r.field === 2) value = r.text();
    else r.skip();
  }
  into.set(key, value);
}

/** A packed body is kept as a view; elements that come one by one have the same bytes and are joined now and then. */
class TypedChunks {
  private readonly chunks: Uint8Array[] = [];
  private loose: Uint8Array[] = [];

  constructor(readonly field: TypedField) {}

  read(r: WireReader): void {
    if (r.wire === BODY) {
      this.join();
      this.chunks.push(r.body());
      return;
    }
    if (this.field === 'float') this.loose.push(r.fixed(FIXED32, 4));
    else if (this.field === 'double') this.loose.push(r.fixed(FIXED64, 8));
    else this.loose.push(r.varintBytes());
    if (this.loose.length === 4096) this.join();
  }

  finish(): readonly Uint8Array[] {
    this.join();
    return this.chunks;
  }

  private join(): void {
    if (this.loose.length > 0) this.chunks.push(concatBytes(this.loose));
    this.loose = [];
  }
}
