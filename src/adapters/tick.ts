/**
 * Giving way in long jobs: at most every 16 ms, so that a cancel is heard and a page stays alive. `pause` is
 * one turn of the event loop of the surroundings.
 */
const EVERY_MS = 16;

export function ticker(pause: () => Promise<void>, now: () => number = () => performance.now()): () => Promise<void> {
  let last = now();
  return async () => {
    if (now() - last < EVERY_MS) return;
    await pause();
    last = now();
  };
}
