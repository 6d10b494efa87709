/**
 * A caller's job as the context of the core: cancel through its signal, pause through its gate, progress with the time
 * left. At most one report every 50 ms but always the first and the last of a stage, and the end of every layer that
 * learns; the losses in between come with the next report. Time that a job was paused does not count.
 */
import type { CancelSignal, Context, Progress, Warning } from '../core/base/context';
import type { Job } from './api';
import type { Gate } from './gate';
import type { EnginePorts } from './ports';

const EVERY_MS = 50;
const never: CancelSignal = { aborted: false };

/** A context that also has the signal as the runtime wants it. */
export interface JobContext extends Context {
  readonly abort: AbortSignal | undefined;
  /** Everything that was warned about so far. */
  readonly warnings: readonly Warning[];
}

export function jobContext(ports: Pick<EnginePorts, 'now' | 'tick'>, job: Job = {}, gate?: Gate): JobContext {
  const warnings: Warning[] = [];
  let pausedMs = 0;
  const clock = (): number => ports.now() - pausedMs;
  let stage = '';
  /** Where the rate of the stage is measured from: layers that an earlier try has learned take no time. */
  let from = { at: 0, done: 0 };
  let told = -Infinity;
  let layer: string | undefined;
  let layerFrom = 0;
  let curve: (readonly [number, number])[] = [];
  const progress = (p: Progress): void => {
    if (!job.onProgress) return;
    const now = clock();
    const isNew = p.stage !== stage;
    const isNewLayer = isNew || p.layer !== layer;
    const result = p.learning?.result;
    if (isNewLayer) {
      layer = p.layer;
      layerFrom = now;
      curve = [];
    }
    if (isNew || result?.isKnown === true) from = { at: now, done: isNew && result === undefined ? 0 : p.done };
    stage = p.stage;
    if (p.learning && p.loss !== undefined) curve.push([p.learning.step, p.loss]);
    if (!isNewLayer && result === undefined && p.done < p.total && now - told < EVERY_MS) return;
    told = now;
    const etaMs = p.done > from.done ? ((now - from.at) / (p.done - from.done)) * (p.total - p.done) : undefined;
    job.onProgress({
      ...{ ...p, etaMs },
      ...(curve.length > 0 ? { curve } : {}),
      ...(result && !result.isKnown ? { layerMs: now - layerFrom } : {}),
    });
    curve = [];
  };
  return {
    signal: job.signal ?? never,
    abort: job.signal,
    warnings,
    progress,
    warn: (w) => void warnings.push(w),
    async tick() {
      await ports.tick();
      if (gate?.isShut !== true) return;
      const shut = ports.now();
      await gate.pass(job.signal);
      pausedMs += ports.now() - shut;
    },
  };
}
