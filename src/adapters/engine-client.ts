/**
 * The engine of the page: the EngineApi with a worker behind it. After the worker died (or was ended by a cancel
 * that it did not hear) the next call first opens the model, its data and its calibration again; calls that look at
 * integers also convert again. Law: a caller sees no difference but the time.
 */
import type { PluginSource } from '../core/index';
import type { EngineApi, Job, JobProgress } from '../engine/api';
import { connect, workerPeer, type Peer } from './rpc/client';
import { giveDoor } from './sandbox/door';

type Method = keyof EngineApi;
type Result<M extends Method> = Awaited<ReturnType<EngineApi[M]>>;

/** The calls that made the state of the engine: what has to be repeated in a new worker. */
interface Log {
  /** They outlive the model. */
  readonly plugins?: readonly PluginSource[];
  readonly open?: readonly unknown[];
  readonly calibrationData?: readonly [method: 'useData' | 'useSyntheticData', args: readonly unknown[]];
  readonly evaluationData?: readonly unknown[];
  readonly calibration?: Uint8Array;
  readonly convert?: readonly unknown[];
  /** Dumps that were compared since. */
  readonly dumps?: readonly (readonly unknown[])[];
}

const pluginsOnly = ({ plugins }: Log): Log => (plugins ? { plugins } : {});

export function createEngineClient(spawn: () => Peer): EngineApi {
  let log: Log = {};
  // of the present worker: that it has what the log says, and that it has converted
  let ready: Promise<void> | undefined;
  let converted: Promise<unknown> | undefined;
  const lost = (): void => {
    ready = undefined;
    converted = undefined;
  };
  const rpc = connect<JobProgress>(() => {
    const peer = spawn();
    return {
      ...peer,
      terminate: () => {
        lost();
        peer.terminate();
      },
    };
  });

  const replay = async (): Promise<void> => {
    const { plugins, open, calibrationData, evaluationData, calibration } = log;
    if (plugins) await rpc.call('setPlugins', [plugins]);
    if (open) await rpc.call('open', open);
    if (calibrationData) await rpc.call(...calibrationData);
    if (evaluationData) await rpc.call('useData', evaluationData);
    if (calibration) await rpc.call('restoreCalibration', [calibration]);
  };
  /** Once a worker; a failed attempt is made again by the next call. */
  const restored = (): Promise<void> =>
    (ready ??= replay().catch((error: unknown) => {
      ready = undefined;
      throw error;
    }));
  const reconverted = (): Promise<unknown> =>
    (converted ??=
      log.convert &&
      rpc
        .call('convert', log.convert)
        .then(async () => {
          for (const args of log.dumps ?? []) await rpc.call('compareDumps', args);
        })
        .catch((error: unknown) => {
          converted = undefined;
          throw error;
        })) ?? Promise.resolve();

  const send = async <M extends Method>(method: M, args: readonly unknown[], job?: Job): Promise<Result<M>> =>
    (await rpc.call(method, args, job)) as Result<M>; // the other end calls this method of an EngineApi
  const call = async <M extends Method>(method: M, args: readonly unknown[], job?: Job): Promise<Result<M>> => {
    await restored();
    return send(method, args, job);
  };
  const callOnIntegers = async <M extends Method>(method: M, args: readonly unknown[], job?: Job): Promise<Result<M>> => {
    await restored();
    await reconverted();
    return send(method, args, job);
  };
  const calibratedAs = (calibration: Uint8Array | undefined): void => {
    const { convert: _, calibration: __, ...rest } = log;
    log = calibration ? { ...rest, calibration } : rest;
    converted = undefined;
  };

  return {
    async open(...[files, options, job]) {
      await ready?.catch(() => undefined);
      if (!ready && log.plugins) await rpc.call('setPlugins', [log.plugins]);
      const summary = await send('open', [files, options], job);
      log = { ...pluginsOnly(log), open: [files, options] };
      ready = Promise.resolve();
      converted = undefined;
      return summary;
    },
    graph: () => call('graph', []),
    providers: () => call('providers', []),
    algorithms: () => call('algorithms', []),
    async setPlugins(plugins, job) {
      const reports = await call('setPlugins', [plugins], job);
      log = { ...log, plugins };
      return reports;
    },
    async useData(...[files, options, job]) {
      const info = await call('useData', [files, options], job);
      const args = [files, options];
      log = options.role === 'calibration' ? { ...log, calibrationData: ['useData', args] } : { ...log, evaluationData: args };
      return info;
    },
    async useSyntheticData(options) {
      const info = await call('useSyntheticData', [options]);
      log = { ...log, calibrationData: ['useSyntheticData', [options]] };
      return info;
    },
    async calibrate(...[options, job]) {
      const summary = await call('calibrate', [options], job);
      calibratedAs(await send('saveCalibration', []).catch(() => undefined));
      return summary;
    },
    async convert(...[recipe, options, job]) {
      const summary = await call('convert', [recipe, options], job);
      log = { ...log, convert: [recipe, options], dumps: [] };
      converted = Promise.resolve();
      return summary;
    },
    pause: (isPaused) => send('pause', [isPaused]),
    learned: (...args) => call('learned', args),
    forgetLearned: (...args) => call('forgetLearned', args),
    layer: (id) => callOnIntegers('layer', [id]),
    tensorWindow: (...args) => callOnIntegers('tensorWindow', args),
    tensorText: (...args) => callOnIntegers('tensorText', args),
    tensorFile: (...args) => callOnIntegers('tensorFile', args),
    trace: (...args) => callOnIntegers('trace', args),
    hardware: (...args) => callOnIntegers('hardware', args),
    async compareDumps(...args) {
      const outcomes = await callOnIntegers('compareDumps', args);
      log = { ...log, dumps: [...(log.dumps ?? []), args] };
      return outcomes;
    },
    dumpWindow: (...args) => callOnIntegers('dumpWindow', args),
    nextMismatch: (...args) => callOnIntegers('nextMismatch', args),
    dropDumps: (...args) => callOnIntegers('dropDumps', args),
    exportFormats: () => call('exportFormats', []),
    exportEstimate: (choice) => callOnIntegers('exportEstimate', [choice]),
    exportPreview: (request) => callOnIntegers('exportPreview', [request]),
    exportBundle: (options, job) => callOnIntegers('exportBundle', [options], job),
    runs: () => callOnIntegers('runs', []),
    pinRun: (isPinned) => call('pinRun', [isPinned]),
    compareLayers: (a, b, job) => callOnIntegers('compareLayers', [a, b], job),
    compareLayer: (...args) => callOnIntegers('compareLayer', args),
    compareWindow: (...args) => callOnIntegers('compareWindow', args),
    sensitivity: (request, job) => call('sensitivity', [request], job),
    estimate: (...args) => call('estimate', args),
    profiles: (options, job) => callOnIntegers('profiles', [options], job),
    evaluate: (options, job) => callOnIntegers('evaluate', [options], job),
    presets: () => call('presets', []),
    tryRecipe: (recipe, options, job) => call('tryRecipe', [recipe, options], job),
    saveCalibration: () => call('saveCalibration', []),
    async restoreCalibration(bytes) {
      const summary = await call('restoreCalibration', [bytes]);
      calibratedAs(bytes);
      return summary;
    },
    saveProject: (request, job) => call('saveProject', [request], job),
    readProject: (file, job) => call('readProject', [file], job),
    async close() {
      log = pluginsOnly(log);
      if (ready) await send('close', []);
    },
  };
}

/** `frames`: the page's end of the door for sandboxes. */
export function spawnEngine(frames: { readonly port: MessagePort; close(): void }): Peer {
  const worker = new Worker(new URL('../../workers/engine.ts', import.meta.url), { type: 'module', name: 'engine' });
  giveDoor(worker, frames.port);
  const peer = workerPeer(worker);
  return {
    ...peer,
    terminate: () => {
      frames.close();
      peer.terminate();
    },
  };
}
