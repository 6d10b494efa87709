/**
 * Pixels of a heat map: blue below the centre, orange above, the surface at the centre. The pair is told
 * apart in every common colour blindness. Pure: colours come in as RGB, a Uint8ClampedArray goes out.
 */
import { diverge } from './compute';

export type Rgb = readonly [number, number, number];

export interface HeatPalette {
  readonly low: Rgb;
  readonly middle: Rgb;
  readonly high: Rgb;
}

/** RGBA, row-major, alpha 255. The square root lifts small values, which most weights are. `reach`: where colours end; by default at the farthest value. */
export function heatPixels(
  values: ArrayLike<number>,
  centre: number,
  palette: HeatPalette,
  reach?: number,
): Uint8ClampedArray<ArrayBuffer> {
  let extent = reach ?? 0;
  for (let i = 0; reach === undefined && i < values.length; i++) extent = Math.max(extent, Math.abs((values[i] as number) - centre));
  const out = new Uint8ClampedArray(values.length * 4);
  for (let i = 0; i < values.length; i++) {
    const d = diverge(values[i] as number, centre, extent);
    const end = d < 0 ? palette.low : palette.high;
    const t = Math.sqrt(Math.abs(d));
    for (let c = 0; c < 3; c++) {
      const from = palette.middle[c] as number;
      out[i * 4 + c] = from + ((end[c] as number) - from) * t;
    }
    out[i * 4 + 3] = 255;
  }
  return out;
}

/** A colour as `getComputedStyle` writes it: `rgb(1, 2, 3)`, also with alpha; undefined for anything else. */
export function parseRgb(text: string): Rgb | undefined {
  const parts = /^rgba?\(\s*([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)/.exec(text)?.slice(1, 4).map(Number);
  if (parts === undefined) return undefined;
  return parts as unknown as Rgb; // three groups by construction
}
