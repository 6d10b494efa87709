/**
 * The whole state of the page, as types. Only plain data: files, workers, tensors and abort controllers
 * live in services.ts. Slices: work (what the engine made), view (how it is looked at), recipe, notices.
 */
import type { ErrorFields } from '../core/base/errors';
import type { RecipeEstimate, SensitivityReport } from '../core/analysis/sensitivity/types';
import type { DatasetInfo, Preprocessing } from '../core/calibrate/types';
import type {
  CalibrationSummary,
  ConversionSummary,
  EngineApi,
  EvaluationReport,
  ExportResult,
  LayerDetail,
  LearnedSoFar,
  ModelGraph,
  ModelSummary,
  ProfileReport,
} from '../engine/api';
import type { Recipe } from '../core/recipe/recipe';
import type { Provider } from '../engine/ports';
import type { Preset } from '../core/recipe/preset-recipe';
import type { ComparedRow, ComparisonRun, ComparisonView } from './comparison-slice';
import type { ChipSlice } from './chip-slice';
import type { ExportSlice } from './export-slice';
import type { PluginsSlice } from './plugins-slice';
import type { NumberId } from './layer-numbers';
import type { GraphLayout } from './layout-types';
import type { LearningView } from './learning';
import type { Loadable } from './loadable';
import type { RecipeHistory } from './recipe-history';
import type { JobName } from './services';
import type { Visit } from './visits';

export interface OpenModel {
  readonly summary: ModelSummary;
  readonly graph: ModelGraph;
  /** Which sample of the gallery it is; its data are one click away. */
  readonly sample: SampleEntry | undefined;
}

/** One entry of public/samples/index.json. File names are relative to that folder. */
export interface SampleEntry {
  readonly id: string;
  readonly title: string;
  readonly family: string;
  readonly model: string;
  readonly modelBytes: number;
  readonly calibration?: string | undefined;
  readonly calibrationSamples?: number | undefined;
  readonly test?: string | undefined;
  readonly testSamples?: number | undefined;
  readonly inputShape: readonly number[];
  /** Of inputs with open axes. */
  readonly shapes?: Readonly<Record<string, readonly number[]>> | undefined;
  readonly preprocessing?: Partial<Preprocessing> | undefined;
  readonly fp32Top1?: number | undefined;
}

export type DatasetRole = 'calibration' | 'evaluation';
export type Algorithms = Awaited<ReturnType<EngineApi['algorithms']>>;
export type FinishedExport = Omit<ExportResult, 'blob'>;

export interface KeptSessions {
  readonly visits: readonly (Visit & { readonly bytes: number })[];
  /** That of the open model. */
  readonly open: string | undefined;
  readonly room: { readonly used: number; readonly quota: number } | undefined;
}

export interface WorkSlice {
  readonly samples: Loadable<readonly SampleEntry[]>;
  readonly model: Loadable<OpenModel>;
  readonly layout: Loadable<GraphLayout>;
  readonly data: Readonly<Record<DatasetRole, Loadable<DatasetInfo>>>;
  readonly calibration: Loadable<CalibrationSummary>;
  /** The data that `calibration` came from: another object than the present data when the calibration is stale. */
  readonly calibratedOn: DatasetInfo | undefined;
  readonly conversion: Loadable<ConversionSummary>;
  /** The recipe that `conversion` came from: differs from the present one when the result is stale. */
  readonly convertedRecipe: string | undefined;
  /** Requantization profiles on the conversion that is on screen. */
  readonly profiles: Loadable<ProfileReport>;
  /** Sensitivity to bits, on the calibration that is there. */
  readonly sweep: Loadable<SensitivityReport>;
  /** Costs of a recipe and what is expected of it. */
  readonly estimate: { readonly recipe: Recipe; readonly value: RecipeEstimate } | undefined;
  /** What the conversion that runs, or the last one, has learned. */
  readonly learning: LearningView | undefined;
  /** What an earlier try has left for the present recipe. */
  readonly learned: LearnedSoFar | undefined;
  /** What runs waits, until it goes on. */
  readonly paused: boolean;
  readonly evaluation: Loadable<EvaluationReport>;
  readonly exported: Loadable<FinishedExport>;
  /** Recipes that were tried, the report takes them from here. Each says what it was measured on: some may be of older data. */
  readonly compared: readonly ComparedRow[];
  /** While recipes are tried. */
  readonly comparing: ComparisonRun | undefined;
  /** The project file that was saved last. */
  readonly project: Loadable<FinishedExport>;
  readonly layers: ReadonlyMap<string, Loadable<LayerDetail>>;
  /** One entry a request to another host since the page is open: a policy forbids them all. */
  readonly foreignHosts: readonly string[];
  /** While bytes are written for the next visit. */
  readonly keeping: boolean;
  /** Kept sessions, newest first; undefined until somebody looks. */
  readonly sessions: KeptSessions | undefined;
  readonly providers: readonly Provider[];
  readonly algorithms: Algorithms;
  readonly presets: readonly Preset[];
  /** Set while a project waits for its model: the project is kept by services. */
  readonly modelWanted: { readonly fileName: string; readonly model: string; readonly identity: string } | undefined;
  /** Set while the engine waits for a shape: the files are kept by services. */
  readonly shapeWanted: { readonly error: ErrorFields; readonly fileName: string } | undefined;
}

/** Borders of the levels of a number: see ui/charts/compute.ts. */
export interface LevelBorders {
  readonly good: number;
  readonly bad: number;
}

export type ColourBy = 'operator' | 'islands' | NumberId;
export type Theme = 'system' | 'light' | 'dark';
export type InspectorTab = string;
/** What fills the frame: the graph with its panels, the comparison of recipes, or the plugins. The last needs no model. */
export type Place = 'graph' | 'recipes' | 'plugins';

export interface TableSort {
  readonly by: NumberId | 'name';
  readonly down: boolean;
}

export interface ViewSlice {
  readonly selection: string | undefined;
  /** Layers that are chosen together, the selection among them; fewer than two are none. */
  readonly chosen: readonly string[];
  /** Scopes that are closed. `undefined`: not chosen yet, the layout decides by size. */
  readonly collapsed: readonly string[] | undefined;
  readonly colourBy: ColourBy;
  /** Where the user moved the borders of a number's levels. */
  readonly borders: Readonly<Partial<Record<NumberId, LevelBorders>>>;
  readonly theme: Theme;
  readonly inspectorTab: InspectorTab;
  readonly stripSorted: boolean;
  /** The strip as bars or as a table. */
  readonly stripView: 'bars' | 'table';
  /** undefined: the order of the network. */
  readonly tableSort: TableSort | undefined;
  readonly panels: { readonly tree: boolean; readonly inspector: boolean; readonly strip: boolean };
  /** Sizes by group id, in percent, as react-resizable-panels reports them. */
  readonly panelSizes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly minimap: boolean;
  /** Hints that were dismissed or are known, by id; and whether there are any: hints.ts. */
  readonly hintsSeen: readonly string[];
  readonly hintsOff: boolean;
  /** Where steps of learning run. */
  readonly learnOn: Provider;
  /** MB of activations that learning keeps in memory. */
  readonly learnMemory: number;
  readonly palette: boolean;
  /** What was typed into it, also before it was there; `paletteRuns`: with Enter at the end. */
  readonly paletteQuery: string;
  readonly paletteRuns: boolean;
  /** The dialog that is open: of kept sessions, of saving the project. */
  readonly dialog: 'sessions' | 'project' | undefined;
  /** The sheet of shortcuts. */
  readonly shortcuts: boolean;
  /** The step whose panel is open at the right instead of the layer inspector. */
  readonly step: Step | undefined;
  readonly treeQuery: string;
  readonly place: Place;
  readonly comparison: ComparisonView;
  /** Bumped to ask the graph to fit or to bring the selection into view. */
  readonly camera: { readonly wish: 'none' | 'fit' | 'selection' | 'in' | 'out'; readonly serial: number };
}

export type Step = 'calibrate' | 'recipe' | 'export' | 'evaluate';

export interface ShownNotice {
  readonly id: number;
  readonly tone: 'good' | 'watch' | 'bad' | 'accent';
  readonly title: string;
  readonly detail: string | undefined;
  /** The job that failed: the message leaves when one of that name succeeds or fails anew. */
  readonly job?: JobName | undefined;
  /** The command, by its id, that is offered with it. */
  readonly action?: string | undefined;
}

export interface State {
  readonly chip: ChipSlice;
  readonly exporting: ExportSlice;
  readonly plugins: PluginsSlice;
  readonly work: WorkSlice;
  readonly view: ViewSlice;
  readonly recipe: RecipeHistory;
  readonly notices: readonly ShownNotice[];
}
