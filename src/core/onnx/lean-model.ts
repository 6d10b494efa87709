/**
 * A model's bytes without its large weights: they become external data, and the file that they lie in is the model's own
 * bytes. A runtime then reads each weight once from there, in place of parsing hundreds of megabytes of protobuf.
 * Law: a reader that is given those bytes under `location` reads the same model.
 */
import { BODY, FIXED32, FIXED64, WireReader, WireWriter } from './wire';

/** Bytes of a tensor from which on it is left where it lies. */
const LARGE = 4096;

/** undefined: there is no large weight. Views nothing: the result is small. */
export function leanModel(bytes: Uint8Array, location: string): Uint8Array | undefined {
  let found = 0;
  const out = new WireWriter();
  const r = new WireReader(bytes, 'model');
  while (r.next()) {
    if (r.field === 7) out.message(7, graph(r.message()));
    else copyField(r, out);
  }
  return found === 0 ? undefined : out.finish();

  function graph(g: WireReader): WireWriter {
    const to = new WireWriter();
    while (g.next()) {
      if (g.field !== 5) {
        copyField(g, to);
        continue;
      }
      const body = g.body();
      const raw = rawOf(body);
      if (raw === undefined || raw.length < LARGE) to.body(5, body);
      else to.message(5, outside(body, raw.byteOffset - bytes.byteOffset, raw.length));
    }
    return to;
  }

  function outside(tensor: Uint8Array, offset: number, length: number): WireWriter {
    found++;
    const to = new WireWriter();
    const t = new WireReader(tensor, 'model');
    while (t.next()) {
      if (t.field === 9) t.skip();
      else copyField(t, to);
    }
    const entries = { location, offset: String(offset), length: String(length) };
    for (const [key, value] of Object.entries(entries)) to.message(13, new WireWriter().text(1, key).text(2, value));
    return to.int(14, 1); // DataLocation.EXTERNAL
  }
}

function rawOf(tensor: Uint8Array): Uint8Array | undefined {
  const t = new WireReader(tensor, 'model');
  let raw: Uint8Array | undefined;
  while (t.next()) {
    if (t.field === 9) raw = t.body();
    else t.skip();
  }
  return raw;
}

/** The field as it is. Numbers outside of bodies are versions, extents and codes: far below 2^53. */
function copyField(r: WireReader, to: WireWriter): void {
  if (r.wire === BODY) to.body(r.field, r.body());
  else if (r.wire === FIXED32 || r.wire === FIXED64) throw r.damaged(`field ${r.field} with wire type ${r.wire}`);
  else to.int(r.field, r.int());
}
