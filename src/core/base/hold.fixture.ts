/** A scratch file in memory that tells what became of it. Refuses to read what was never written. */
import type { OpenScratch } from './hold';

export interface ScratchState {
  opened: number;
  isOpen: boolean;
  /** Bytes up to the last one that was written. */
  size: number;
  /** Bytes written in all. */
  written: number;
  reads: number;
}

export function memoryScratch(): { readonly open: OpenScratch; readonly state: ScratchState } {
  const state: ScratchState = { opened: 0, isOpen: false, size: 0, written: 0, reads: 0 };
  let bytes = new Uint8Array(0);
  const open: OpenScratch = async () => {
    state.opened++;
    state.isOpen = true;
    return {
      async write(at, chunk) {
        if (at + chunk.length > bytes.length) {
          const grown = new Uint8Array(2 * (at + chunk.length));
          grown.set(bytes);
          bytes = grown;
        }
        bytes.set(chunk, at);
        state.size = Math.max(state.size, at + chunk.length);
        state.written += chunk.length;
      },
      async read(at, into) {
        if (!state.isOpen || at + into.length > state.size) throw new RangeError('nothing was written there');
        state.reads += 1;
        into.set(bytes.subarray(at, at + into.length));
      },
      async close() {
        state.isOpen = false;
      },
    };
  };
  return { open, state };
}
