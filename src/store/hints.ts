/**
 * Hints: one short line each, where it helps, until it is dismissed or somebody does what it says. Pure: which one a place shows
 * now. Law: a hint never covers anything, asks for nothing, and does not come back.
 */
import { isNumberId } from './layer-numbers';
import { shown } from './loadable';
import { chosenNow, colourNow, conversionOf, openModel } from './selectors';
import type { State } from './state';

export type HintPlace = 'graph' | 'bits' | 'compare' | 'hardware' | 'recipes';

export interface Hint {
  readonly id: string;
  readonly place: HintPlace;
  /** A key is written as `{Mod+K}`. */
  readonly text: string;
  readonly when: (s: State) => boolean;
  /** It is known already: it counts as seen. */
  readonly done?: (s: State) => boolean;
}

const converted = (s: State): boolean => conversionOf(s) !== undefined;

export const hints: readonly Hint[] = [
  {
    id: 'data',
    place: 'graph',
    text: 'Now drop calibration data anywhere on the page: .npz, .npy or images.',
    when: (s) => openModel(s) !== undefined && s.view.step !== 'calibrate',
    done: (s) => s.work.data.calibration.kind !== 'empty',
  },
  {
    id: 'look',
    place: 'graph',
    text: 'Click a card to see its weights, ranges and integers. {Mod+K} finds layers and commands.',
    when: (s) => openModel(s) !== undefined,
    done: (s) => s.view.selection !== undefined,
  },
  {
    id: 'worst',
    place: 'graph',
    text: '{N} goes to the worst layer, then to the next worst. {T} lists all layers with their numbers.',
    when: (s) => converted(s) && isNumberId(colourNow(s)),
  },
  {
    id: 'many',
    place: 'graph',
    text: 'Click with {Mod} held to choose several layers, and set their bits together.',
    when: (s) => converted(s) && s.view.selection !== undefined,
    done: (s) => chosenNow(s).length > 1,
  },
  {
    id: 'point',
    place: 'bits',
    text: 'Click a point of the chart to take its bits over. {Mod+Z} takes them back.',
    when: (s) => shown(s.work.sweep) !== undefined,
  },
  {
    id: 'together',
    place: 'compare',
    text: 'Choose a smaller window, then drag a picture: all of them move together. A row of the table shows its layer.',
    when: converted,
  },
  {
    id: 'memory',
    place: 'hardware',
    text: 'Type the memory of your chip: traffic follows. A row shows its layer in the details.',
    when: converted,
  },
  {
    id: 'row',
    place: 'recipes',
    text: 'Click the name of a recipe to take it over. It is one change, and {Mod+Z} takes it back.',
    when: (s) => s.work.compared.length > 0,
  },
];

/** The one hint of a place, if there is any left. */
export const hintNow = (s: State, place: HintPlace): Hint | undefined =>
  s.view.hintsOff
    ? undefined
    : hints.find((h) => h.place === place && !s.view.hintsSeen.includes(h.id) && h.when(s) && h.done?.(s) !== true);

/** Those that somebody has just shown to know. */
export const learnedHints = (s: State): readonly string[] =>
  hints.filter((h) => !s.view.hintsSeen.includes(h.id) && h.when(s) && h.done?.(s) === true).map((h) => h.id);
