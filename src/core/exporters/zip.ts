/**
 * A zip written as a stream: stored or deflated, one fixed date, so that the same files give the same bytes
 * on every machine. Holds one compressed piece at a time and waits for the sink. No zip64: 4 GB at most.
 */
import { Zip, ZipDeflate, ZipPassThrough, type DeflateOptions } from 'fflate';
import { concatBytes } from '../base/bytes';
import { throwIfCancelled, type Context } from '../base/context';
import { StudioError } from '../base/errors';
import { partsOfFile, type AnyFile } from './bundle-input';

export interface ZipSink {
  write(chunk: Uint8Array): void | Promise<void>;
}

const pieceBytes = 1 << 18;
const limitBytes = 2 ** 32 - 1;

/** `level` 0 stores, 1 to 9 deflate. Does not close the sink. Rejects with what the sink or the source threw. */
export async function writeZip(
  entries: AsyncIterable<AnyFile> | Iterable<AnyFile>,
  sink: ZipSink,
  level: number,
  ctx: Context,
): Promise<{ readonly bytes: number; readonly files: number }> {
  const ready: Uint8Array[] = [];
  let failure: Error | undefined;
  const zip = new Zip((error, chunk) => {
    if (error) failure = error;
    else ready.push(chunk);
  });
  let bytes = 0;
  let files = 0;
  const drain = async (): Promise<void> => {
    if (failure) throw failure;
    for (const chunk of ready.splice(0)) {
      bytes += chunk.length;
      if (bytes > limitBytes)
        throw new StudioError({ code: 'storage', what: 'The bundle is larger than 4 GB', todo: 'Leave out the hex files' });
      await sink.write(chunk);
    }
    await ctx.tick();
    throwIfCancelled(ctx);
  };
  for await (const file of entries) {
    const { path } = file;
    const entry = level === 0 ? new ZipPassThrough(path) : new ZipDeflate(path, { level: level as NonNullable<DeflateOptions['level']> }); // 1..9 by contract
    // local time: what the zip holds is the wall clock, the same in every time zone
    entry.mtime = new Date(1980, 0, 1);
    zip.add(entry);
    // deflated bytes depend on where pieces end: they always end at whole multiples, however the file was made
    for (const piece of pieces(partsOfFile(file))) {
      entry.push(piece, false);
      await drain();
    }
    entry.push(new Uint8Array(0), true);
    await drain();
    files++;
  }
  zip.end();
  await drain();
  return { bytes, files };
}

/** Copies of the bytes in pieces of one size, the last one shorter: fflate keeps and changes what it is given. */
function* pieces(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  let held: Uint8Array[] = [];
  let filled = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length;) {
      const take = Math.min(pieceBytes - filled, part.length - at);
      held.push(part.slice(at, at + take));
      filled += take;
      at += take;
      if (filled < pieceBytes) continue;
      yield joined(held);
      held = [];
      filled = 0;
    }
  }
  if (filled > 0) yield joined(held);
}

const joined = (held: readonly Uint8Array[]): Uint8Array => (held.length === 1 ? (held[0] as Uint8Array) : concatBytes(held));
