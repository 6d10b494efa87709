/** Lists of numbers as people type them: `0.485, 0.456, 0.406`, `0.5`, `1/2 0.5`. Pure; a text as answer says what is wrong. */

/** One value, or one for each of `n` channels; fractions such as 1/255 are read as their value. */
export function parseNumbers(text: string, n: number): readonly number[] | string {
  const parts = text
    .trim()
    .replace(/^\[|\]$/g, '')
    .split(/[\s,;]+/)
    .filter((p) => p !== '');
  const numbers = parts.map(parseNumber);
  if (parts.length === 0 || numbers.some((v) => v === undefined)) return 'Numbers with commas between them';
  if (parts.length !== 1 && parts.length !== n) return n === 1 ? 'One number' : `1 or ${n} numbers, one a channel`;
  return numbers as readonly number[]; // checked above
}

function parseNumber(text: string): number | undefined {
  const real = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?`;
  const match = new RegExp(`^(${real})(?:/(${real}))?$`, 'i').exec(text);
  if (match === null) return undefined;
  const value = Number(match[1]) / Number(match[2] ?? 1);
  return Number.isFinite(value) ? value : undefined;
}

/** One number where all are equal. */
export function numbersText(values: readonly number[]): string {
  return (values.every((v) => v === values[0]) ? values.slice(0, 1) : values).map((v) => String(Number(v.toPrecision(7)))).join(', ');
}
