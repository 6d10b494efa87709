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

function trim(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function trimExponent(text: string): string {
  const [mantissa = '', exponent = ''] = text.split('e');
  return `${trim(mantissa)}e${exponent.replace('+', '').replace('-', '−')}`;
}
