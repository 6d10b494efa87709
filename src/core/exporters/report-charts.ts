/**
 * Bars of report.html as SVG text, one a layer in the order of execution, each with a title to hover. Names are escaped by the caller.
 */

interface Bar {
  readonly name: string;
  readonly value: number;
}

const height = 120;
const top = 14;
const left = 4;

function frame(bars: number, most: string, body: string): { readonly width: number; readonly svg: string } {
  const step = Math.max(3, Math.min(24, Math.floor(1080 / Math.max(1, bars))));
  const width = left * 2 + bars * step;
  const line = (y: number): string => `<line class="grid" x1="0" x2="${width}" y1="${y}" y2="${y}"/>`;
  const svg =
    `<div class="plot"><svg viewBox="0 0 ${width} ${top + height + 2}" width="${width}" height="${top + height + 2}" role="img">` +
    `<text class="most" x="0" y="10">${most}</text>${line(top)}${line(top + height)}${body}</svg></div>`;
  return { width, svg };
}

const stepOf = (bars: number): number => Math.max(3, Math.min(24, Math.floor(1080 / Math.max(1, bars))));
const tall = (value: number, most: number): number => (most <= 0 ? 0 : Math.round((Math.max(0, value) / most) * height * 10) / 10);

function rect(kind: string, i: number, step: number, h: number): string {
  const wide = Math.max(2, step - 2);
  return `<rect class="${kind}" x="${left + i * step}" y="${(top + height - h).toFixed(1)}" width="${wide}" height="${h}"/>`;
}

/** One bar each, up to the largest. */
export function barChart(bars: readonly Bar[], text: (v: number) => string): string {
  const most = Math.max(...bars.map((b) => b.value));
  const step = stepOf(bars.length);
  const body = bars.map((b, i) => `<g><title>${b.name}: ${text(b.value)}</title>${rect('bar', i, step, tall(b.value, most))}</g>`);
  return frame(bars.length, text(most), body.join('')).svg;
}

/** A bar inside a bar: what was seen in what is possible. */
export function pairChart(bars: readonly (Bar & { readonly most: number })[], text: (v: number) => string): string {
  const most = Math.max(...bars.map((b) => b.most));
  const step = stepOf(bars.length);
  const body = bars.map((b, i) => {
    const both = rect('room', i, step, tall(b.most, most)) + rect('bar', i, step, tall(b.value, most));
    return `<g><title>${b.name}: ${text(b.value)} of ${text(b.most)}</title>${both}</g>`;
  });
  return frame(bars.length, text(most), body.join('')).svg;
}
