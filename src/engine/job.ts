/**
 * A caller's job as the context of the core: cancel through its signal, progress with the time left, at
 * most one report every 50 ms but always the first and the last of a stage.
 */
import type { CancelSignal, Context, Progress, Warning } from '../core/base/context';
import type { Job } from './api';
import type { EnginePorts } from './ports';

const EVERY_MS = 50;
const never: CancelSignal = { aborted: false };

/** A context that also has the signal as the runtime wants it. */
export interface JobContext extends Context {
  readonly abort: AbortSignal | undefined;
  /** Everything that was warned about so far. */
  readonly warnings: readonly Warning[];
}

export function jobContext(ports: Pick<EnginePorts, 'now' | 'tick'>, job: Job = {}): JobContext {
  const warnings: Warning[] = [];
  let stage = '';
  let began = 0;
  let told = 0;
  const progress = (p: Progress): void => {
    if (!job.onProgress) return;
    const now = ports.now();
    const isNew = p.stage !== stage;
    if (isNew) {
      stage = p.stage;
      began = now;
    }
    if (!isNew && p.done < p.total && now - told < EVERY_MS) return;
    told = now;
    const etaMs = p.done > 0 ? ((now - began) / p.done) * (p.total - p.done) : undefined;
    job.onProgress({ ...p, etaMs });
  };
  return {
    signal: job.signal ?? never,
    abort: job.signal,
    warnings,
    progress,
    warn: (w) => void warnings.push(w),
    tick: () => ports.tick(),
  };
}
