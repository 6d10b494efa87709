/** `--learn-memory`: how much memory the activations of learning have, for every command that learns. */
import type { Flags } from './flags';

export const learnMemoryFlag = [
  '--learn-memory <MB>',
  'Activations that learning keeps in memory; the rest lies in a temporary file (default 512)',
] as const;

/** In bytes; undefined: as much as the core takes. */
export function learnMemoryOf(flags: Flags): number | undefined {
  const megabytes = flags.integer('learn-memory', 0, 65536);
  return megabytes === undefined ? undefined : megabytes * 2 ** 20;
}
