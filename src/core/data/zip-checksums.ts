/**
 * The checksums that a zip archive keeps of its entries, and the CRC-32 to hold them against (fflate inflates without
 * looking at it). Reads the central directory only, with its 64-bit form. What is not understood has no checksum here:
 * whether an archive is whole is for the one who inflates it to say.
 */
import { dataView, utf8Decode } from '../base/bytes';

const table = Int32Array.from({ length: 256 }, (_, i) => {
  let c = i;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

export function crc32(bytes: Uint8Array): number {
  let c = -1;
  for (let i = 0; i < bytes.length; i++) c = (table[(c ^ (bytes[i] as number)) & 255] as number) ^ (c >>> 8);
  return ~c >>> 0;
}

/** By entry name. */
export function zipChecksums(bytes: Uint8Array): ReadonlyMap<string, number> {
  const view = dataView(bytes);
  const sums = new Map<string, number>();
  const at = directoryOf(view);
  if (at === undefined) return sums;
  for (let i = at; i + 46 <= bytes.length && view.getUint32(i, true) === 0x02014b50;) {
    const name = view.getUint16(i + 28, true);
    sums.set(utf8Decode(bytes.subarray(i + 46, i + 46 + name)), view.getUint32(i + 16, true));
    i += 46 + name + view.getUint16(i + 30, true) + view.getUint16(i + 32, true);
  }
  return sums;
}

/** Where the central directory begins: said by the end record, which a comment of up to 65535 bytes may follow. */
function directoryOf(view: DataView): number | undefined {
  const last = view.byteLength - 22;
  for (let i = last; i >= Math.max(0, last - 65535); i--) {
    if (view.getUint32(i, true) !== 0x06054b50) continue;
    const at = view.getUint32(i + 16, true);
    if (at !== 0xffffffff) return at;
    if (i < 20 || view.getUint32(i - 20, true) !== 0x07064b50) return undefined;
    const record = Number(view.getBigUint64(i - 12, true));
    return record + 56 <= view.byteLength ? Number(view.getBigUint64(record + 48, true)) : undefined;
  }
  return undefined;
}
