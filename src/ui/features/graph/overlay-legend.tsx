/** What the colours of an overlay mean. The borders of levels are fields: who has other limits types them. */
import { RotateCcw } from 'lucide-react';
import { layerNumbers, type NumberId } from '../../../store/layer-numbers';
import { largestOf } from '../../../store/selectors';
import type { ColourBy, LevelBorders } from '../../../store/state';
import { setView, state, useStudio } from '../../../store/store';
import graph from '../../graph/graph.module.css';
import { amountColour, bitsColour, bordersOf, levelColours, numberText } from '../../graph/number-look';
import { IconButton } from '../../kit/button';
import { NumberField } from '../../kit/field';

export function OverlayLegend({ by }: { readonly by: Exclude<ColourBy, 'operator'> }) {
  const moved = useStudio((s) => s.view.borders);
  const largest = useStudio((s) => (by === 'islands' ? 0 : largestOf(s, by)));
  if (by === 'islands') return <Key entries={[['runs in float', levelColours.bad]]} />;
  if (by === 'bits') return <Key entries={[2, 4, 8].map((bits) => [`${bits} bit`, bitsColour(bits)])} />;
  const borders = bordersOf(by, moved);
  if (borders !== undefined) return <Borders id={by} borders={borders} isMoved={moved[by] !== undefined} />;
  const shares = largest > 0 ? [1e-3, 1e-2, 1e-1, 1] : [];
  return <Key entries={shares.map((share) => [numberText(by, Math.round(largest * share)), amountColour(largest * share, largest)])} />;
}

function Key({ entries }: { readonly entries: readonly (readonly [text: string, colour: string])[] }) {
  return (
    <ul className={graph.key} aria-label="Legend">
      {entries.map(([text, colour]) => (
        <li key={text}>
          <i style={{ '--tint': colour }} /> {text}
        </li>
      ))}
    </ul>
  );
}

interface BordersProps {
  readonly id: NumberId;
  readonly borders: LevelBorders;
  readonly isMoved: boolean;
}

function Borders({ id, borders, isMoved }: BordersProps) {
  const { good, bad } = borders;
  const isUp = layerNumbers[id].worst === 'least';
  const set = (next: LevelBorders | undefined) => {
    const { [id]: _, ...rest } = state().view.borders;
    setView({ borders: next === undefined ? rest : { ...rest, [id]: next } });
  };
  // a share is typed in percent
  const factor = id === 'clip' ? 100 : 1;
  const unit = id === 'clip' ? '%' : layerNumbers[id].unit;
  const field = (label: string, value: number, change: (value: number) => LevelBorders) => (
    <NumberField label={label} value={value * factor} step={factor === 1 ? 1 : 0.1} onChange={(typed) => set(change(typed / factor))} />
  );
  return (
    <ul className={graph.key} aria-label="Legend" data-testid="overlay-borders">
      <li>
        <i style={{ '--tint': levelColours.good }} /> good {isUp ? '≥' : '≤'}
        {field('Border of good', good, (value) => ({ good: value, bad: isUp ? Math.min(bad, value) : Math.max(bad, value) }))}
      </li>
      <li>
        <i style={{ '--tint': levelColours.watch }} /> between
      </li>
      <li>
        <i style={{ '--tint': levelColours.bad }} /> bad {isUp ? '<' : '>'}
        {field('Border of bad', bad, (value) => ({ bad: value, good: isUp ? Math.max(good, value) : Math.min(good, value) }))}
        {unit}
      </li>
      {isMoved && (
        <li>
          <IconButton label="Usual borders" size="small" onClick={() => set(undefined)}>
            <RotateCcw size={12} aria-hidden />
          </IconButton>
        </li>
      )}
    </ul>
  );
}
