/** The options of a format that somebody changed, in few words: `64 bit, tiles 4 × 8`. Law: nothing changed, no text. */
import type { OptionSpec, OptionValues } from '../../../core/quant/quantizer';

/** Options that read better together: tiles of r x c. */
const tiles = ['tileRows', 'tileColumns'];

export function optionText(specs: readonly OptionSpec[], values: OptionValues): string {
  const changed = specs.filter((s) => values[s.id] !== undefined && values[s.id] !== s.fallback);
  const parts = changed.filter((s) => !tiles.includes(s.id)).map((s) => textOf(s, values[s.id] ?? s.fallback));
  const [rows, columns] = tiles.map((id) => Number(values[id] ?? 0));
  const isTiled = changed.some((s) => tiles.includes(s.id));
  return [...parts, ...(isTiled ? [`tiles ${rows === 0 ? 'all' : rows} × ${columns === 0 ? 'all' : columns}`] : [])].join(', ');
}

function textOf({ title, kind }: OptionSpec, value: number | string | boolean): string {
  switch (kind.type) {
    case 'choice':
      return lowered(kind.choices.find((c) => c.value === value)?.title ?? String(value));
    case 'number':
      return `${lowered(title)} ${value}`;
    case 'flag':
      return `${lowered(title)}: ${value === true ? 'yes' : 'no'}`;
    default:
      return kind satisfies never;
  }
}

/** Sentence case inside a sentence; abbreviations stay. */
const lowered = (title: string): string => (/^[A-Z][a-z]/.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title);
