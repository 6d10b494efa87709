/**
 * What the store works with but may not hold: the engine, the layout worker, the place for bytes, running jobs
 * and the blob of the last export. The composition root provides them once, before the first render.
 */
import type { LayoutRequest } from '../core/analysis/layout-types';
import type { EngineApi, FileInput } from '../engine/api';
import type { OpenedProject } from '../engine/project-api';
import type { CodeHelp } from '../engine/code-help';
import type { GraphLayout } from './layout-types';
import type { Storage } from './storage';

export interface Services {
  readonly engine: EngineApi;
  layout(request: LayoutRequest): Promise<GraphLayout>;
  readonly storage: Storage;
  /** Begins when it is first asked for. */
  codeHelp(): CodeHelp;
}

let provided: Services | undefined;

export function provideServices(services: Services): void {
  provided = services;
}

export function services(): Services {
  if (provided === undefined) throw new Error('services are used before provideServices');
  return provided;
}

export type JobName =
  'open' | 'data' | 'calibrate' | 'convert' | 'profiles' | 'sweep' | 'evaluate' | 'export' | 'compare' | 'project' | 'plugins';

const running = new Map<JobName, AbortController>();

/** Starts a named job; one of the same name that still runs is cancelled. */
export function startJob(name: JobName): AbortController {
  running.get(name)?.abort();
  const controller = new AbortController();
  running.set(name, controller);
  return controller;
}

/** True while the controller belongs to the newest job of its name. */
export function isCurrent(name: JobName, controller: AbortController): boolean {
  return running.get(name) === controller;
}

export function endJob(name: JobName, controller: AbortController): void {
  if (running.get(name) === controller) running.delete(name);
}

export function cancelJob(name: JobName): void {
  running.get(name)?.abort();
}

/** Those of the open model: plugins belong to none. */
export function cancelAllJobs(except?: JobName): void {
  for (const [name, controller] of running) if (name !== except && name !== 'plugins') controller.abort();
}

/**
 * What a later step needs: the files of the open model, those of an open that waits for a shape with the shapes chosen so far,
 * and the finished zip.
 */
export const held: {
  model: { readonly files: readonly FileInput[]; readonly shapes: Readonly<Record<string, readonly number[]>> | undefined } | undefined;
  pendingFiles: readonly FileInput[];
  pendingShapes: Readonly<Record<string, readonly number[]>>;
  /** Calibration data that came with them. */
  pendingData: readonly FileInput[];
  /** Waits for its model. */
  project: { readonly file: string; readonly content: OpenedProject } | undefined;
  bundle: Blob | undefined;
} = { model: undefined, pendingFiles: [], pendingShapes: {}, pendingData: [], project: undefined, bundle: undefined };
