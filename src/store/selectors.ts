/** What several places read from the state, derived in one place. */
import type { ConversionSummary, GraphCard, LayerReport } from '../engine/api';
import { isNumberId, layerNumbers, worstFirst, type NumberId } from './layer-numbers';
import type { Provider } from '../engine/ports';
import { shown } from './loadable';
import type { ColourBy, OpenModel, State, Step } from './state';

export const openModel = (s: State): OpenModel | undefined => shown(s.work.model);
export const conversionOf = (s: State): ConversionSummary | undefined => shown(s.work.conversion);

/** What the graph is coloured by now: the choice needs numbers, which a conversion brings. */
export function colourNow(s: State): ColourBy {
  const { colourBy } = s.view;
  const waits = isNumberId(colourBy) && layerNumbers[colourBy].needs === 'conversion' && conversionOf(s) === undefined;
  return waits ? 'operator' : colourBy;
}

/** True when the calibration data changed since the calibration. */
export const isCalibrationStale = (s: State): boolean =>
  shown(s.work.calibration) !== undefined && s.work.calibratedOn !== shown(s.work.data.calibration);

/** A calibration that a conversion may start from. */
export const isCalibrated = (s: State): boolean => shown(s.work.calibration) !== undefined && !isCalibrationStale(s);

/** Where steps of learning run: the chosen provider, where it is here. */
export const learnProvider = (s: State): Provider => (s.work.providers.includes(s.view.learnOn) ? s.view.learnOn : 'wasm');

/** Bytes of activations that learning keeps in memory. */
export const learnMemory = (s: State): number => s.view.learnMemory * 2 ** 20;

/** True when the recipe changed since the conversion that is on screen. */
export const isStale = (s: State): boolean =>
  conversionOf(s) !== undefined && s.work.convertedRecipe !== undefined && s.work.convertedRecipe !== JSON.stringify(s.recipe.present);

/** True when the recipe or the calibration data changed since the conversion that is on screen. */
export const isConversionStale = (s: State): boolean => conversionOf(s) !== undefined && (isStale(s) || isCalibrationStale(s));

const none: readonly string[] = [];
/** Layers that are chosen together: the selection is among them, or they are over. */
export const chosenNow = (s: State): readonly string[] => {
  const { chosen, selection } = s.view;
  return chosen.length > 1 && selection !== undefined && chosen.includes(selection) ? chosen : none;
};

/** The one next step, for the primary button. */
export function nextStep(s: State): Step {
  if (!isCalibrated(s)) return 'calibrate';
  return conversionOf(s) === undefined || isStale(s) ? 'recipe' : 'export';
}

export const isBusy = (s: State): boolean =>
  [
    s.work.model,
    s.work.data.calibration,
    s.work.data.evaluation,
    s.work.calibration,
    s.work.conversion,
    s.work.profiles,
    s.work.sweep,
    s.work.evaluation,
    s.work.exported,
    s.work.project,
  ].some((l) => l.kind === 'loading') ||
  s.work.comparing !== undefined ||
  s.plugins.checking !== undefined;

const cardsById = new WeakMap<OpenModel, ReadonlyMap<string, GraphCard>>();
export function cardOf(s: State, id: string | undefined): GraphCard | undefined {
  const model = openModel(s);
  if (model === undefined || id === undefined) return undefined;
  let map = cardsById.get(model);
  if (map === undefined) {
    map = new Map(model.graph.cards.map((c) => [c.id, c]));
    cardsById.set(model, map);
  }
  return map.get(id);
}

const reportsById = new WeakMap<ConversionSummary, ReadonlyMap<string, LayerReport>>();
export function reportOf(s: State, id: string): LayerReport | undefined {
  const conversion = conversionOf(s);
  if (conversion === undefined) return undefined;
  let map = reportsById.get(conversion);
  if (map === undefined) {
    map = new Map(conversion.layers.map((l) => [l.id, l]));
    reportsById.set(conversion, map);
  }
  return map.get(id);
}

const largest = new WeakMap<object, Partial<Record<NumberId, number>>>();
/** Over all layers, for amounts that are coloured by their share of it. */
export function largestOf(s: State, id: NumberId): number {
  const model = openModel(s);
  if (model === undefined) return 0;
  const key = conversionOf(s) ?? model;
  const known = largest.get(key) ?? {};
  const value = known[id] ?? Math.max(0, ...worstFirst(model.graph.cards, conversionOf(s)?.layers, id).map((m) => m.value));
  largest.set(key, { ...known, [id]: value });
  return value;
}

type Islands = readonly { readonly node: string; readonly reason: string }[];
const reasonsByNode = new WeakMap<Islands, ReadonlyMap<string, string>>();
/** Why the card's layer runs in float: as the conversion says, before it as the operators do. undefined: it does not. */
export function islandOf(s: State, card: GraphCard | undefined): string | undefined {
  const islands: Islands | undefined = conversionOf(s)?.islands ?? openModel(s)?.summary.islands;
  if (islands === undefined || card === undefined) return undefined;
  let map = reasonsByNode.get(islands);
  if (map === undefined) {
    map = new Map(islands.map((i) => [i.node, i.reason]));
    reasonsByNode.set(islands, map);
  }
  return map.get(card.id);
}
