/**
 * A large model whose weights a runtime reads from beside it: the same file without the bytes of its large initializers,
 * which are named as external data at the places where they lie in the file. A runtime then holds each weight once,
 * and never the file as well.
 * Law: with the file as its external data it is the same model.
 */
import { utf8Encode } from '../base/bytes';
import { BODY, VARINT, WireReader, WireWriter } from './wire';

/** Bytes below which a tensor stays: shapes and indices must be at hand when a graph is loaded. */
const LEAST = 4096;

/** `path`: the name under which the runtime is given `bytes`. Copies what is small, views nothing of the result. */
export function weightsBeside(bytes: Uint8Array, path: string): Uint8Array {
  const model = new WireWriter();
  const r = new WireReader(bytes, path);
  while (r.next()) {
    if (r.field === 7) model.message(7, graphWithout(r.message(), bytes, path));
    else copyField(r, model);
  }
  return model.finish();
}

function graphWithout(r: WireReader, bytes: Uint8Array, path: string): WireWriter {
  const graph = new WireWriter();
  while (r.next()) {
    if (r.field !== 5) {
      copyField(r, graph);
      continue;
    }
    const tensor = r.body();
    const place = tensor.length < LEAST ? undefined : rawPlace(tensor, bytes, path);
    if (place === undefined) graph.body(5, tensor);
    else graph.message(5, tensorAt(tensor, place, path));
  }
  return graph;
}

interface Place {
  readonly offset: number;
  readonly length: number;
}

/** Where its raw data lie in the file; undefined: it has none, or has fields that are not copied here. */
function rawPlace(tensor: Uint8Array, bytes: Uint8Array, path: string): Place | undefined {
  const r = new WireReader(tensor, path);
  let place: Place | undefined;
  while (r.next()) {
    if (r.wire !== VARINT && r.wire !== BODY) return undefined;
    // external already
    if (r.field === 13) return undefined;
    if (r.field !== 9) {
      r.skip();
      continue;
    }
    const raw = r.body();
    place = { offset: raw.byteOffset - bytes.byteOffset, length: raw.length };
  }
  return place;
}

function tensorAt(tensor: Uint8Array, { offset, length }: Place, path: string): WireWriter {
  const out = new WireWriter();
  const r = new WireReader(tensor, path);
  while (r.next()) {
    if (r.field === 9 || r.field === 14) r.skip();
    else copyField(r, out);
  }
  for (const [key, value] of [
    ['location', path],
    ['offset', String(offset)],
    ['length', String(length)],
  ] as const) {
    out.message(13, new WireWriter().text(1, key).body(2, utf8Encode(value)));
  }
  return out.int(14, 1);
}

function copyField(r: WireReader, to: WireWriter): void {
  const { field } = r;
  if (r.wire === VARINT) to.int(field, r.int());
  else if (r.wire === BODY) to.body(field, r.body());
  else throw r.damaged(`field ${field} with wire type ${r.wire}`);
}
