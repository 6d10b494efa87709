/**
 * A zip written as a stream: stored or deflated, one fixed date, so that the same files give the same bytes
 * on every machine. Holds one compressed piece at a time and waits for the sink. No zip64: 4 GB at most.
 */
import { Zip, ZipDeflate, ZipPassThrough, type DeflateOptions } from 'fflate';
import { throwIfCancelled, type Context } from '../base/context';
import { StudioError } from '../base/errors';
import type { BundleFile } from './bundle-input';

export interface ZipSink {
  write(chunk: Uint8Array): void | Promise<void>;
}

const pieceBytes = 1 << 18;
const limitBytes = 2 ** 32 - 1;

/** `level` 0 stores, 1 to 9 deflate. Does not close the sink. Rejects with what the sink or the source threw. */
export async function writeZip(
  entries: AsyncIterable<BundleFile> | Iterable<BundleFile>,
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
  for await (const { path, bytes: content } of entries) {
    const entry = level === 0 ? new ZipPassThrough(path) : new ZipDeflate(path, { level: level as NonNullable<DeflateOptions['level']> }); // 1..9 by contract
    // local time: what the zip holds is the wall clock, the same in every time zone
    entry.mtime = new Date(1980, 0, 1);
    zip.add(entry);
    for (let at = 0; at === 0 || at < content.length; at += pieceBytes) {
      entry.push(content.slice(at, at + pieceBytes), at + pieceBytes >= content.length);
      await drain();
    }
    files++;
  }
  zip.end();
  await drain();
  return { bytes, files };
}
