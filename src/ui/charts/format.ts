/**
 * Numbers as people read them in charts: short, with a real minus sign, the unit kept apart.
 */

const prefixes = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** 147 600 -> `147.6 k`; below a thousand as it is. */
export function countText(n: number): string {
  for (const [size, prefix] of prefixes) {
    if (Math.abs(n) >= size) return `${trim((n / size).toFixed(2))} ${prefix}`;
  }
  return realText(n);
}

/** Four significant digits, scientific where the plain form would be long. */
export function realText(x: number): string {
  if (x === 0) return '0';
  if (!Number.isFinite(x)) return Number.isNaN(x) ? 'NaN' : x > 0 ? '∞' : '−∞';
  const a = Math.abs(x);
  const text = a < 1e-4 || a >= 1e6 ? trimExponent(a.toExponential(2)) : trim(a.toPrecision(a >= 1000 ? 6 : 4));
  return x < 0 ? `−${text}` : text;
}

/** 0.005 -> `0.50 %`; what is not zero never reads as zero. */
export function shareText(share: number): string {
  if (share > 0 && share < 5e-5) return '< 0.01 %';
  return `${(share * 100).toFixed(2)} %`;
}

/** 1 × 16 × 28 × 28; a scalar has no axes. */
export function shapeText(shape: readonly (number | string)[]): string {
  return shape.length === 0 ? 'scalar' : shape.join('×');
}

/** A ratio in decibels without its unit; absent where it does not apply. */
export function dbText(db: number | undefined): string {
  if (db === undefined || Number.isNaN(db)) return '–';
  return Number.isFinite(db) ? db.toFixed(1).replace('-', '−') : realText(db);
}

/** Whole numbers with a real minus sign and thin spaces between the thousands. */
export function wholeText(n: number): string {
  const digits = Math.abs(n)
    .toFixed(0)
    .replace(/\B(?=(\d{3})+$)/g, '\u2009');
  return n < 0 ? `−${digits}` : digits;
}

/** `1 step`, `2 000 steps`. */
export function countedText(n: number, one: string, many = `${one}s`): string {
  return `${wholeText(n)} ${n === 1 ? one : many}`;
}

/** 900 -> `0.9 s`, 61 000 -> `1 min 1 s`. */
export function durationText(ms: number): string {
  if (!(ms >= 0) || !Number.isFinite(ms)) return '–';
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function trim(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function trimExponent(text: string): string {
  const [mantissa = '', exponent = ''] = text.split('e');
  return `${trim(mantissa)}e${exponent.replace('+', '').replace('-', '−')}`;
}
