/**
 * Where a job stops while it is paused: the ticks of its context wait here, so nothing runs until it goes on or is
 * cancelled. Knows nothing of jobs.
 */
export interface Gate {
  readonly isShut: boolean;
  shut(): void;
  open(): void;
  /** At once where it is open; else when it is opened, or when the signal is aborted. */
  pass(signal: AbortSignal | undefined): Promise<void>;
}

export function createGate(): Gate {
  let waiting: { readonly opened: Promise<void>; readonly open: () => void } | undefined;
  return {
    get isShut() {
      return waiting !== undefined;
    },
    shut() {
      if (waiting) return;
      let open = (): void => undefined;
      const opened = new Promise<void>((resolve) => (open = resolve));
      waiting = { opened, open };
    },
    open() {
      waiting?.open();
      waiting = undefined;
    },
    async pass(signal) {
      while (waiting && signal?.aborted !== true) {
        let stop = (): void => undefined;
        const aborted = new Promise<void>((resolve) => (stop = resolve));
        signal?.addEventListener('abort', stop);
        await Promise.race([waiting.opened, aborted]);
        signal?.removeEventListener('abort', stop);
      }
    },
  };
}
