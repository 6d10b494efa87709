/** Progress in words: what runs, how far, how long still. Stages that the engine names are told as a person would. */
import type { LoadProgress } from '../../../store/loadable';
import type { JobName } from '../../../store/services';

export const jobTitles: Readonly<Record<JobName, string>> = {
  open: 'Opening the model',
  data: 'Reading data',
  calibrate: 'Calibrating',
  convert: 'Converting to integers',
  profiles: 'Comparing profiles',
  sweep: 'Sweeping bits',
  evaluate: 'Evaluating',
  export: 'Exporting',
  compare: 'Comparing recipes',
  project: 'Saving the project',
  plugins: 'Checking plugins',
};

const stages: Readonly<Record<string, string>> = {
  read: 'reading',
  decode: 'decoding images',
  load: 'starting the runtime',
  session: 'starting the runtime',
  calibrate: 'running samples',
  steps: 'learning steps of activations',
  blocks: 'learning block by block',
  prepare: 'deciding layers',
  plan: 'choosing scales',
  lower: 'making integer operators',
  execute: 'one sample in integers',
  float: 'one sample in float',
  fake: 'one sample fake-quantized',
  report: 'comparing layers',
  cost: 'weighing non-linear operators',
  profiles: 'comparing profiles',
  sweep: 'one layer at a time',
  frontier: 'checking assignments',
  evaluate: 'running samples',
  write: 'writing files',
  hash: 'checking',
};

export function jobWords(job: JobName, stage: string | undefined): string {
  const title = jobTitles[job];
  const words = stage === undefined ? undefined : (stages[stage] ?? stage);
  return words === undefined || title.toLowerCase().startsWith(words) ? title : `${title}: ${words}`;
}

export const countOf = (p: LoadProgress | undefined): string | undefined =>
  p === undefined || p.total <= 1 ? undefined : `${Math.floor(p.done)} of ${Math.round(p.total)}`;

/** Where a long stage is: the layer, and its loss where it learns. */
export function layerOf(p: LoadProgress | undefined): string | undefined {
  if (p?.layer === undefined) return undefined;
  return p.loss === undefined ? p.layer : `${p.layer}, loss ${p.loss.toPrecision(3)}`;
}

/** `8 s left`, `2 min left`; nothing where it is not known or as good as done. */
export function timeLeft(etaMs: number | undefined): string | undefined {
  if (etaMs === undefined || !Number.isFinite(etaMs) || etaMs < 500) return undefined;
  const seconds = Math.round(etaMs / 1000);
  if (seconds < 90) return `${Math.max(1, seconds)} s left`;
  return `${Math.round(seconds / 60)} min left`;
}
