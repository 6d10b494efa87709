/**
 * The graph from far away, painted: cards in their colours and the lines between them, on one canvas. Thousands of them cost as
 * much as a picture; as elements they would not move smoothly. Frames of blocks are elements still; their names are painted here,
 * at a size that can be read whatever the zoom.
 * It is read by nobody but the eye: the layer tree and the table say the same to a screen reader.
 */
import { useStore } from '@xyflow/react';
import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { Box, GraphLayout, LaidBlock, LaidCard, Point } from '../../core/analysis/layout-types';
import { contains } from '../../store/picture';
import { cardOf, colourNow, conversionOf } from '../../store/selectors';
import { state, useStudio } from '../../store/store';
import { lookOf } from './card-metric';
import styles from './graph.module.css';

/** Names are painted from this zoom on. */
const leastText = 0.2;

export function Overview({ layout }: { readonly layout: GraphLayout }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [x, y, zoom] = useStore((s) => s.transform);
  const width = useStore((s) => s.width);
  const height = useStore((s) => s.height);
  const selection = useStudio((s) => s.view.selection);
  const theme = useStudio((s) => s.view.theme);
  const by = useStudio(colourNow);
  const borders = useStudio((s) => s.view.borders);
  const conversion = useStudio(conversionOf);
  const model = useStudio((s) => s.work.model);
  // What a card looks like, as of these.
  const looks = useMemo(
    () => looksOf(layout.cards),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- lookOf reads them from the state
    [layout, by, borders, conversion, model],
  );

  const scheme = useSyncExternalStore(onScheme, schemeNow);
  // Resolving a colour costs a look at the whole page's styles: once for each, not once a frame.
  const palette = useRef<Palette & { readonly key: string }>(undefined);

  useEffect(() => {
    const element = canvas.current;
    const pen = element?.getContext('2d');
    if (!element || !pen || width === 0) return;
    const ratio = devicePixelRatio;
    element.width = Math.round(width * ratio);
    element.height = Math.round(height * ratio);
    pen.setTransform(zoom * ratio, 0, 0, zoom * ratio, x * ratio, y * ratio);
    const key = `${theme} ${scheme}`;
    if (palette.current?.key !== key) palette.current = { key, ...paletteOf(element) };
    paint(pen, layout, looks, palette.current, {
      view: { x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom },
      zoom,
      selection,
    });
  }, [x, y, zoom, width, height, layout, looks, selection, theme, scheme]);

  return <canvas ref={canvas} className={styles.overview} aria-hidden data-testid="graph-overview" />;
}

/** The card under a place of the picture. */
export function cardAt(layout: GraphLayout, at: Point): string | undefined {
  return layout.cards.find((card) => contains(card, at))?.id;
}

interface Look {
  readonly tint: string;
  readonly title: string;
}

function looksOf(cards: readonly LaidCard[]): readonly Look[] {
  const now = state();
  return cards.map(({ id }) => {
    const card = cardOf(now, id);
    return card === undefined ? { tint: 'var(--op-plain)', title: '' } : { tint: lookOf(now, card).tint, title: card.title };
  });
}

interface Palette {
  of(css: string): string;
  readonly font: string;
}

const dark = () => matchMedia('(prefers-color-scheme: dark)');
const schemeNow = (): string => (dark().matches ? 'dark' : 'light');
function onScheme(tell: () => void): () => void {
  const query = dark();
  query.addEventListener('change', tell);
  return () => query.removeEventListener('change', tell);
}

/** Colours as a canvas takes them: custom properties are resolved by an element, each once. */
function paletteOf(element: HTMLCanvasElement): Palette {
  const known = new Map<string, string>();
  return {
    font: getComputedStyle(element).fontFamily,
    of: (css) => {
      let colour = known.get(css);
      if (colour === undefined) {
        element.style.color = css;
        colour = getComputedStyle(element).color;
        element.style.color = '';
        known.set(css, colour);
      }
      return colour;
    },
  };
}

interface Shown {
  readonly view: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly zoom: number;
  readonly selection: string | undefined;
}

function paint(pen: CanvasRenderingContext2D, layout: GraphLayout, looks: readonly Look[], palette: Palette, shown: Shown): void {
  const { view, zoom, selection } = shown;
  const [right, bottom] = [view.x + view.width, view.y + view.height];
  const isSeen = ({ x, y, width, height }: Box) => x <= right && y <= bottom && x + width >= view.x && y + height >= view.y;
  paintFrames(pen, layout.blocks.filter(isSeen), palette, zoom);
  pen.lineWidth = 1.5 / zoom;
  pen.strokeStyle = palette.of('var(--edge)');
  pen.beginPath();
  for (const { points } of layout.edges) {
    const first = points[0];
    const last = points.at(-1);
    if (first === undefined || last === undefined) continue;
    // a line that neither begins nor ends in view and is on one side of it
    if ((first.x < view.x && last.x < view.x) || (first.x > right && last.x > right)) continue;
    if ((first.y < view.y && last.y < view.y) || (first.y > bottom && last.y > bottom)) continue;
    pen.moveTo(first.x, first.y);
    for (let i = 1; i < points.length; i++) pen.lineTo(points[i]?.x ?? 0, points[i]?.y ?? 0);
  }
  pen.stroke();

  const named = zoom >= leastText;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  layout.cards.forEach((card, i) => {
    const { x, y, width, height } = card;
    if (!isSeen(card)) return;
    const look = looks[i];
    if (look === undefined) return;
    const isSelected = card.id === selection;
    pen.fillStyle = palette.of(`color-mix(in oklab, ${look.tint} ${named ? 26 : 60}%, var(--surface-raised))`);
    pen.fillRect(x, y, width, height);
    if (isSelected) {
      pen.strokeStyle = palette.of('var(--accent)');
      pen.lineWidth = 3 / zoom;
      pen.strokeRect(x, y, width, height);
    }
    if (!named) return;
    pen.fillStyle = palette.of('var(--text)');
    pen.font = `600 ${height > 44 ? 31 : 23}px ${palette.font}`;
    pen.fillText(look.title, x + width / 2, y + height / 2, width - 16);
  });
  paintNames(pen, layout, palette, shown);
}

function paintFrames(pen: CanvasRenderingContext2D, blocks: readonly LaidBlock[], palette: Palette, zoom: number): void {
  pen.strokeStyle = palette.of('var(--hairline-strong)');
  pen.lineWidth = 1 / zoom;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.font = `600 31px ${palette.font}`;
  for (const block of blocks) {
    const { x, y, width, height, open } = block;
    if (!open) {
      pen.fillStyle = palette.of('var(--surface-active)');
      pen.fillRect(x, y, width, height);
    }
    if (height * zoom > 12) pen.strokeRect(x, y, width, height);
    if (open || zoom < leastText) continue;
    pen.fillStyle = palette.of('var(--text)');
    pen.fillText(nameOf(block), x + width / 2, y + height / 2, width - 16);
  }
}

const nameOf = ({ times, title }: LaidBlock): string => (times === undefined ? title : `${times} × ${title}`);
/** Blocks wider than this on the screen leave the naming to those inside. */
const widestNamed = 420;
const narrowestNamed = 64;

/** The names of open blocks, none inside another that has its own. */
function paintNames(pen: CanvasRenderingContext2D, layout: GraphLayout, palette: Palette, { view, zoom }: Shown): void {
  const open = layout.blocks.filter((b) => b.open).sort((a, b) => a.depth - b.depth);
  const named: LaidBlock[] = [];
  pen.textAlign = 'left';
  pen.font = `600 ${11 / zoom}px ${palette.font}`;
  // They lie on the frame's upper line, so that they cover little of what is inside.
  const [lineHeight, pad] = [15 / zoom, 5 / zoom];
  for (const block of open) {
    const { x, y, width, height } = block;
    if (width * zoom < narrowestNamed || x > view.x + view.width || y > view.y + view.height || x + width < view.x || y + height < view.y)
      continue;
    if (width * zoom > widestNamed && open.some((b) => b.depth > block.depth && contains(block, b))) continue;
    if (named.some((b) => contains(b, block))) continue;
    named.push(block);
    const text = nameOf(block);
    const room = Math.min(pen.measureText(text).width, width - 4 * pad);
    const [left, top] = [Math.max(x, view.x) + pad, Math.max(y - lineHeight / 2, view.y + pad)];
    pen.fillStyle = palette.of('var(--accent-soft)');
    pen.fillRect(left, top, room + 2 * pad, lineHeight);
    pen.fillStyle = palette.of('var(--text)');
    pen.fillText(text, left + pad, top + lineHeight / 2, room);
  }
}
