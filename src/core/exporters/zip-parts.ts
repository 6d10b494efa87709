/**
 * A stored zip as a stream of parts, for files that are archives themselves (.npz, .pt). Fixed dates; the sizes follow each
 * entry, as streams have it. The bundle's own zip is zip.ts.
 */
import { Zip, ZipPassThrough } from 'fflate';
import { partsOfFile, type AnyFile } from './bundle-input';

export function* storedZip(entries: Iterable<AnyFile>): Generator<Uint8Array> {
  const ready: Uint8Array[] = [];
  let failure: Error | undefined;
  const zip = new Zip((error, chunk) => {
    if (error) failure = error;
    else ready.push(chunk);
  });
  const drained = function* (): Generator<Uint8Array> {
    if (failure) throw failure;
    yield* ready.splice(0);
  };
  for (const file of entries) {
    const entry = new ZipPassThrough(file.path);
    entry.mtime = new Date(1980, 0, 1);
    zip.add(entry);
    for (const part of partsOfFile(file)) {
      entry.push(part, false);
      yield* drained();
    }
    entry.push(new Uint8Array(0), true);
    yield* drained();
  }
  zip.end();
  yield* drained();
}
