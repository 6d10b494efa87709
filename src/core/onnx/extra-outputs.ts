/**
 * More outputs for a model without serialising it again: a second `graph` field that holds only outputs is appended
 * to the bytes, and protobuf merges repeated messages. The outputs have a name and no type: the runtime knows the
 * type of every value, and ours may be another (a float16 model is float32 to the studio).
 * Law: the model computes what it computed, and gives the values named as well.
 */
import { concatBytes } from '../base/bytes';
import type { ValueInfo } from '../ir/model';
import { WireReader, WireWriter } from './wire';

/** Copies the bytes. Values that are outputs already are left out. */
export function withExtraOutputs(bytes: Uint8Array, values: readonly ValueInfo[]): Uint8Array {
  const known = outputNames(bytes);
  const graph = new WireWriter();
  for (const { name } of values) {
    if (known.has(name)) continue;
    known.add(name);
    graph.message(12, new WireWriter().text(1, name));
  }
  return concatBytes([bytes, new WireWriter().message(7, graph).finish()]);
}

function outputNames(bytes: Uint8Array): Set<string> {
  const names = new Set<string>();
  const r = new WireReader(bytes, 'model');
  while (r.next()) {
    if (r.field !== 7) {
      r.skip();
      continue;
    }
    const graph = r.message();
    while (graph.next()) {
      if (graph.field !== 12) {
        graph.skip();
        continue;
      }
      const output = graph.message();
      while (output.next()) {
        if (output.field === 1) names.add(output.text());
        else output.skip();
      }
    }
  }
  return names;
}
