/**
 * Packed varints -> typed arrays, in hot loops without allocation. Negative numbers are ten bytes on the wire
 * (sign extended to 64 bits), whatever the field's width.
 */
import { StudioError } from '../base/errors';

/** Whole varints in the chunks; no chunk begins in the middle of one. */
export function countVarints(chunks: readonly Uint8Array[]): number {
  let n = 0;
  for (const chunk of chunks) for (let i = 0; i < chunk.length; i++) if ((chunk[i] as number) < 0x80) n++;
  return n;
}

/** The low 32 bits of each. */
export function varintsToInt32(name: string, chunks: readonly Uint8Array[], count: number): Int32Array {
  const out = new Int32Array(count);
  let k = 0;
  for (const chunk of chunks) {
    let value = 0;
    let shift = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      shift += 7;
      if (byte >= 0x80) continue;
      out[k++] = value;
      if (shift > 70) throw tooLong(name);
      value = 0;
      shift = 0;
    }
    if (shift > 0) throw cutOff(name);
  }
  return out;
}

export function varintsToInt64(name: string, chunks: readonly Uint8Array[], count: number): BigInt64Array<ArrayBuffer> {
  const out = new BigInt64Array(count);
  const words = new Uint32Array(out.buffer);
  let k = 0;
  for (const chunk of chunks) {
    let low = 0;
    let high = 0;
    let shift = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number;
      const bits = byte & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift === 28) high |= bits >>> 4;
      else if (shift > 28 && shift < 64) high |= bits << (shift - 32);
      shift += 7;
      if (byte >= 0x80) continue;
      if (shift > 70) throw tooLong(name);
      words[k++] = low;
      words[k++] = high;
      low = 0;
      high = 0;
      shift = 0;
    }
    if (shift > 0) throw cutOff(name);
  }
  return out;
}

function tooLong(value: string): StudioError {
  return new StudioError({
    code: 'not-onnx',
    what: 'A tensor holds a number of more than ten bytes: the file is damaged',
    where: { value },
  });
}

function cutOff(value: string): StudioError {
  return new StudioError({ code: 'truncated', what: 'The data of a tensor end in the middle of a number', where: { value } });
}
