/**
 * SHA-256, in one go or piece by piece, as lower-case hex: names of models, recipes, data and files.
 */
import { sha256 } from '@noble/hashes/sha2.js';

export function toHex(bytes: Uint8Array): string {
  let out = '';
  for (const b of bytes) out += b.toString(16).padStart(2, '0');
  return out;
}

export function sha256Hex(bytes: Uint8Array): string {
  return toHex(sha256(bytes));
}

export interface HashStream {
  /** Takes the bytes in; they may be reused afterwards. */
  update(bytes: Uint8Array): void;
  /** The digest of everything so far. Ends the stream. */
  hex(): string;
}

export function sha256Stream(): HashStream {
  const state = sha256.create();
  return {
    update: (bytes) => void state.update(bytes),
    hex: () => toHex(state.digest()),
  };
}
