/** The one number of a card and the colour that goes with it, by what the user looks at. */
import { useShallow } from 'zustand/react/shallow';
import type { GraphCard, LayerReport } from '../../engine/api';
import { layerNumbers, type NumberId } from '../../store/layer-numbers';
import { colourNow, islandOf, largestOf, reportOf } from '../../store/selectors';
import type { State, ViewSlice } from '../../store/state';
import { useStudio } from '../../store/store';
import { levelOf } from '../charts/compute';
import { countText } from '../charts/format';
import { bordersOf, levelColours, numberColour, numberText } from './number-look';
import { opColour } from './op-icon';

const nothing = { value: undefined, unit: '', valueColour: undefined, spoken: undefined };
const plain = 'var(--op-plain)';

export interface CardLook {
  readonly tint: string;
  readonly value: string | undefined;
  readonly unit: string;
  /** Colour of the number; undefined: as the text. */
  readonly valueColour: string | undefined;
  /** The number in words, for screen readers and tooltips. */
  readonly spoken: string | undefined;
}

const none: CardLook = { ...nothing, tint: plain };

/** Compared field by field, so that a card is drawn again only when its own look changes. */
export const useLook = (card: GraphCard | undefined): CardLook =>
  useStudio(useShallow((s) => (card === undefined ? none : lookOf(s, card))));

/** For whoever draws many cards at once; a card on its own uses useLook. */
export function lookOf(s: State, card: GraphCard): CardLook {
  const by = colourNow(s);
  const report = reportOf(s, card.id);
  if (by === 'operator') {
    const level = levelOf(report?.sqnrDb, bordersOf('sqnr', s.view.borders));
    const shown = numberLook('sqnr', card, report, s.view.borders, 0) ?? parametersLook(card);
    return { ...shown, tint: opColour(card.kind), valueColour: report?.sqnrDb === undefined ? undefined : levelColours[level] };
  }
  if (by === 'islands') {
    const float = islandOf(s, card) !== undefined;
    return {
      tint: float ? levelColours.bad : plain,
      value: float ? 'float' : undefined,
      unit: '',
      valueColour: undefined,
      spoken: undefined,
    };
  }
  return numberLook(by, card, report, s.view.borders, largestOf(s, by)) ?? none;
}

function parametersLook(card: GraphCard): CardLook {
  if (card.parameters === 0) return none;
  const value = countText(card.parameters);
  return { tint: plain, value, unit: '', valueColour: undefined, spoken: `${value} parameters` };
}

function numberLook(
  id: NumberId,
  card: GraphCard,
  report: LayerReport | undefined,
  moved: ViewSlice['borders'],
  largest: number,
): CardLook | undefined {
  const { title, unit, value } = layerNumbers[id];
  const found = value(card, report);
  if (found === undefined) return undefined;
  const borders = bordersOf(id, moved);
  const colour = numberColour(id, found, borders, largest);
  const text = numberText(id, found);
  // bytes bring their unit along
  const shownUnit = unit === 'B' ? '' : unit;
  return {
    tint: colour,
    value: text,
    unit: shownUnit,
    valueColour: borders === undefined ? undefined : colour,
    spoken: `${title} ${text} ${shownUnit}`.trimEnd(),
  };
}
