/**
 * The engine: handlers over one small state. Each handler works on what was there when it was called and commits
 * at the end, only if the model it worked on is still the open one. Law: what fails or is cancelled changes nothing; layers
 * that were learned until then are kept for the next try.
 */
import {
  builtInRegistry,
  CancelledError,
  correctionOptions,
  nonlinearOptions,
  openPlugins,
  parseRecipe,
  presets,
  pruningOptions,
  qdqModel,
  readCalibration,
  StudioError,
  writeCalibration,
} from '../core/index';
import type { DatasetInfo } from '../core/calibrate/types';
import type { Registry } from '../core/plugin/registry';
import type { PluginSource, RemotePlugin } from '../core/plugin/remote';
import type { EngineApi, Job, ModelSummary } from './api';
import { calibrateModel, calibrationSummary } from './calibrate';
import { chipHandlers } from './chip';
import { compareAll, compareCut, compareOne, runInfo, type Compared } from './compare';
import { convertModel } from './convert';
import { openDataset, syntheticDataset } from './data';
import { evaluateModel } from './evaluate';
import { exportBundle } from './export';
import { exportPlanHandlers } from './export-plan';
import { createGate } from './gate';
import { jobContext, type JobContext } from './job';
import { layerDetail, layerTensors } from './layer';
import { fileOf, tensorOfRole, textOf, windowOf } from './layer-tensors';
import { forgetLearning, keptIn, noteDigest, openLearning, soFar } from './learning';
import { openModel } from './open';
import type { EnginePorts, Provider } from './ports';
import { compareProfiles } from './profiles';
import { openProject, saveProject } from './project';
import {
  calibratedOf,
  convertedOf,
  dataOf,
  emptyState,
  floatLogitsFor,
  modelOf,
  slim,
  type Converted,
  type EngineState,
  type LearningInput,
  type OpenModel,
} from './state';
import { tryRecipe } from './try-recipe';
import { estimateRecipe, sweepModel } from './sensitivity';

export function createEngine(ports: EnginePorts): EngineApi {
  let state: EngineState = emptyState(builtInRegistry);
  const gate = createGate();

  /** A result for a model that was closed or replaced meanwhile is nobody's. */
  const commit = (model: OpenModel, change: Partial<EngineState>): void => {
    if (state.model !== model) throw new CancelledError();
    state = { ...state, ...change };
  };

  /** For what may take long: it can be paused, and a pause of what ran before is over. */
  const begun = (job: Job | undefined): JobContext => {
    gate.open();
    return jobContext(ports, job, gate);
  };

  const parsed = (recipe: unknown, { quantizers }: Registry) => ({ recipe: parseRecipe(recipe, quantizers), quantizers });

  /** undefined: there is nothing yet to learn from. */
  const learningInput = (recipe: unknown, provider: Provider): LearningInput | undefined => {
    const { model, calibrated, data, registry } = state;
    if (!model || !calibrated || !data.calibration) return undefined;
    return { model, calibration: calibrated.shard, source: data.calibration, ...parsed(recipe, registry), provider };
  };

  /** What was converted becomes the run before, unless another is pinned. */
  const earlier = (converted: Converted): Partial<EngineState> => (state.isPinned && state.before ? {} : { before: slim(converted) });

  const compared = (): Compared => ({ now: convertedOf(state), before: state.before, floatRun: state.floatRun, ports });

  return {
    async open(files, options, job) {
      const model = await openModel(files, options.shapes, ports, jobContext(ports, job));
      if (job?.signal?.aborted) throw new CancelledError();
      if (options.identity !== undefined && options.identity !== model.identity) throw otherModel(options.identity, model.summary);
      state = { ...emptyState(state.registry), model };
      return model.summary;
    },
    ...chipHandlers(() => ({ model: modelOf(state), converted: convertedOf(state) })),
    ...exportPlanHandlers(
      () => ({ model: modelOf(state), converted: convertedOf(state) }),
      () => state.registry.exporters,
    ),
    graph: async () => modelOf(state).graph,
    providers: () => ports.runner.providers(),
    algorithms: async () => [
      ...listed(state.registry),
      { id: 'corrections', title: 'Corrections', target: 'corrections', options: correctionOptions },
      { id: 'nonlinear', title: 'Non-linear operators', target: 'nonlinear', options: nonlinearOptions },
    ],
    async setPlugins(plugins, job) {
      const { registry, reports } = await openPlugins(remotesOf(plugins, ports, job?.signal), { check: true }, jobContext(ports, job));
      state = { ...state, registry };
      return reports;
    },
    async useData(files, options, job) {
      const model = modelOf(state);
      const source = await openDataset(files, options.preprocessing, model, ports);
      if (job?.signal?.aborted) throw new CancelledError();
      commit(model, { data: { ...state.data, [options.role]: source } });
      return source.info;
    },
    async useSyntheticData(options): Promise<DatasetInfo> {
      const model = modelOf(state);
      const source = syntheticDataset(options, model, jobContext(ports));
      commit(model, { data: { ...state.data, calibration: source } });
      return source.info;
    },
    async calibrate(options, job) {
      const model = modelOf(state);
      const source = dataOf(state, 'calibration');
      const calibrated = await calibrateModel(options, model, source, ports, begun(job));
      noteDigest(source, calibrated.shard);
      commit(model, { calibrated, ...(state.converted ? earlier(state.converted) : {}), converted: undefined });
      return calibrated.summary;
    },
    async convert(recipe, options, job) {
      const model = modelOf(state);
      const { shard } = calibratedOf(state);
      const source = dataOf(state, 'calibration');
      const { recipe: whole, quantizers } = parsed(recipe, state.registry);
      const request = { ...options, recipe: whole };
      const ctx = begun(job);
      const of = { model, calibration: shard, source, recipe: whole, quantizers, provider: options.provider ?? 'wasm' };
      const learning = await openLearning(state.learning, of, ports, ctx);
      commit(model, { learning });
      const known = { floatRun: state.floatRun, finished: keptIn(learning, ports, ctx), quantizers };
      const made = await convertModel(request, model, shard, source, known, ports, ctx);
      if (state.calibrated?.shard !== shard) throw new CancelledError(); // calibrated anew meanwhile
      commit(model, { ...(state.converted ? earlier(state.converted) : {}), ...made });
      return made.converted.summary;
    },
    async runs() {
      const { before, isPinned } = state;
      return { now: runInfo(convertedOf(state)), before: before && runInfo(before), isPinned };
    },
    async pinRun(isPinned) {
      state = { ...state, isPinned };
    },
    compareLayers: (a, b, job) => compareAll(compared(), a, b, jobContext(ports, job)),
    compareLayer: (layer, a, b) => compareOne(compared(), layer, a, b),
    compareWindow: (layer, paths, index, window) => compareCut(compared(), layer, paths, index, window),
    async pause(isPaused) {
      if (isPaused) gate.shut();
      else gate.open();
    },
    async learned(recipe, { provider }) {
      const of = learningInput(recipe, provider);
      return of && soFar(await openLearning(state.learning, of, ports, jobContext(ports)));
    },
    async forgetLearned(recipe, { provider }) {
      const of = learningInput(recipe, provider);
      if (!of) return;
      await forgetLearning(of, ports, jobContext(ports));
      if (state.model === of.model) state = { ...state, learning: undefined };
    },
    layer: async (id) => layerDetail(id, { model: modelOf(state), calibrated: state.calibrated, converted: state.converted }),
    async tensorWindow(layer, role, index, window) {
      const all = layerTensors(modelOf(state), convertedOf(state), layer);
      return windowOf(tensorOfRole(all, layer, role).tensor, index, window);
    },
    async tensorText(layer, role, form) {
      const converted = convertedOf(state);
      return textOf(converted, tensorOfRole(layerTensors(modelOf(state), converted, layer), layer, role), form);
    },
    async tensorFile(layer, role, format) {
      const converted = convertedOf(state);
      return fileOf(converted, tensorOfRole(layerTensors(modelOf(state), converted, layer), layer, role), format);
    },
    exportBundle: async (options, job) =>
      exportBundle(options, modelOf(state), convertedOf(state), ports, state.registry.exporters, begun(job)),
    async profiles(options, job) {
      const model = modelOf(state);
      const converted = convertedOf(state);
      const { floatRun } = state;
      if (!floatRun) throw new StudioError({ code: 'internal', what: 'A converted model has no float values' });
      const request = { samples: options.samples, profiles: options.profiles, known: state.registry.profiles };
      return compareProfiles(request, model, converted, floatRun, dataOf(state, 'calibration'), ports, begun(job));
    },
    async sensitivity(request, job) {
      const model = modelOf(state);
      const { shard } = calibratedOf(state);
      const source = dataOf(state, 'calibration');
      const asked = { ...request, ...parsed(request.recipe, state.registry), before: state.swept };
      return sweepModel(asked, model, shard, source, ports, (swept) => commit(model, { swept }), begun(job));
    },
    async estimate(recipe, sweep) {
      const asked = parsed(recipe, state.registry);
      return estimateRecipe(asked.recipe, asked.quantizers, sweep, modelOf(state), state.calibrated?.shard);
    },
    async evaluate(options, job) {
      const model = modelOf(state);
      const { canonical, integer, plan, recipe } = convertedOf(state);
      const source = dataOf(state, 'evaluation');
      const qdq = qdqModel(canonical, plan, recipe);
      return evaluateModel({ model, qdq, integer, source, samples: options.samples }, ports, begun(job));
    },
    presets: async () => presets(state.registry.quantizers),
    async tryRecipe(recipe, { samples, memory }, job) {
      const model = modelOf(state);
      const { shard } = calibratedOf(state);
      const source = dataOf(state, 'calibration');
      const data = dataOf(state, 'evaluation');
      const ctx = begun(job);
      const of = { model, calibration: shard, source, ...parsed(recipe, state.registry), provider: 'wasm' } as const;
      // in memory that of the conversion on screen stays; what is learned here is found again in the store
      const learning = await openLearning(state.learning, of, ports, ctx);
      const floatLogits = floatLogitsFor(state.floatLogits, data, model.canonical.model.graph.outputs[0]?.name);
      commit(model, { floatLogits });
      const finished = keptIn(learning, ports, ctx);
      const request = {
        recipe: of.recipe,
        quantizers: of.quantizers,
        samples,
        memory,
        model,
        calibration: shard,
        source,
        data,
        finished,
        floatLogits,
      };
      return tryRecipe(request, ports, ctx);
    },
    saveCalibration: async () => writeCalibration(calibratedOf(state).shard),
    async restoreCalibration(bytes) {
      const model = modelOf(state);
      const shard = readCalibration(bytes);
      if (shard.model !== model.identity) {
        throw new StudioError({
          code: 'bad-data',
          what: 'The saved calibration belongs to another model',
          expected: `SHA-256 ${model.identity}`,
          got: shard.model,
          todo: 'Calibrate the open model.',
        });
      }
      const calibrated = { shard, summary: calibrationSummary(shard, 1, []) };
      commit(model, { calibrated, ...(state.converted ? earlier(state.converted) : {}), converted: undefined });
      return calibrated.summary;
    },
    saveProject: async (request, job) => saveProject(request, modelOf(state), state.calibrated, ports, jobContext(ports, job)),
    readProject: async (file, job) => openProject(file, ports, jobContext(ports, job)),
    async close() {
      state = emptyState(state.registry);
    },
  };
}

function otherModel(expected: string, { name, identity }: ModelSummary): StudioError {
  return new StudioError({
    code: 'bad-project',
    what: `${name} is not the model that was asked for`,
    expected: `SHA-256 ${expected}`,
    got: identity,
    todo: 'Give the very file that the project was made with, and its files of weights.',
  });
}

/** Quantizers as panels list them, with the plugin that each comes from. */
function listed({ quantizers: { weights, activations, pruning = [], plugins = [] } }: Registry) {
  const criteria = pruning.map((p) => ({ ...p, target: 'pruning' as const, options: [...p.options, ...pruningOptions] }));
  return [...weights, ...activations, ...criteria].map(({ id, title, target, options }) => {
    const plugin = plugins.find((p) => p[target]?.includes(id));
    return { id, title, target, options, ...(plugin ? { plugin: plugin.name } : {}) };
  });
}

function remotesOf(plugins: readonly (PluginSource | RemotePlugin)[], ports: EnginePorts, signal: AbortSignal | undefined): RemotePlugin[] {
  const sources = plugins.filter((p): p is PluginSource => !('call' in p));
  if (sources.length > 0 && !ports.openPlugins)
    throw new StudioError({ code: 'not-ready', what: 'There is no sandbox here for plugins', todo: 'Open them as modules.' });
  const opened = ports.openPlugins?.(sources, signal) ?? [];
  return plugins.map((p) => ('call' in p ? p : (opened[sources.indexOf(p)] as RemotePlugin))); // one a source
}
