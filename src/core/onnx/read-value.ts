/**
 * ValueInfoProto: name, element type and shape of a graph's input, output or inner value, as written.
 */
import type { Dim, ValueName } from '../ir/model';
import type { DType } from '../ir/tensor';
import { dtypeOf, typeName } from './dtypes';
import type { WireReader } from './wire';

export interface ParsedValue {
  readonly name: ValueName;
  /** undefined: no type was given. */
  readonly type: { readonly dtype: DType | undefined; readonly typeName: string; readonly shape: readonly Dim[] | undefined } | undefined;
}

export function readValueInfo(r: WireReader): ParsedValue {
  let name = '';
  let type: ParsedValue['type'];
  while (r.next()) {
    if (r.field === 1) name = r.text();
    else if (r.field === 2) type = readType(r.message());
    else r.skip();
  }
  return { name: name as ValueName, type };
}

const otherKinds: Readonly<Record<number, string>> = { 4: 'a sequence', 5: 'a map', 8: 'a sparse tensor', 9: 'an optional' };

function readType(r: WireReader): ParsedValue['type'] {
  let type: ParsedValue['type'];
  while (r.next()) {
    if (r.field === 1) type = readTensorType(r.message());
    else {
      const kind = otherKinds[r.field];
      if (kind !== undefined) type = { dtype: undefined, typeName: kind, shape: undefined };
      r.skip();
    }
  }
  return type;
}

function readTensorType(r: WireReader): ParsedValue['type'] {
  let code = 0;
  let shape: Dim[] | undefined;
  while (r.next()) {
    if (r.field === 1) code = r.int();
    else if (r.field === 2) {
      shape = [];
      const dims = r.message();
      while (dims.next()) {
        if (dims.field === 1) shape.push(readDim(dims.message()));
        else dims.skip();
      }
    } else r.skip();
  }
  return code === 0 ? undefined : { dtype: dtypeOf(code), typeName: typeName(code), shape };
}

/** Negative extents stand for unknown ones in some exporters' files. */
function readDim(r: WireReader): Dim {
  let dim: Dim;
  while (r.next()) {
    if (r.field === 1) {
      const extent = r.int();
      dim = extent < 0 ? undefined : extent;
    } else if (r.field === 2) dim = r.text() || undefined;
    else r.skip();
  }
  return dim;
}
