/**
 * Lays out one open level: a chain goes down a straight spine (or in a row, when its items are blocks; or in lines,
 * when it is long), short lines beside a spine get columns at its left, anything else is placed by `place` (dagre,
 * injected). Shortcuts get a lane at the left.
 * Law: items do not overlap, and an edge begins and ends on the border of its items.
 */
import type { Box, Point } from './layout-types';
import { alongLine, downwards, simplify, throughBends, type Ports } from './routes';
import { ENTRY, EXIT, type LevelEdge } from './scope-tree';
import { placeSpine, spineOf } from './spine';

export interface LevelItem extends Ports {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface PlacedLevel {
  readonly boxes: ReadonlyMap<string, Box>;
  readonly edges: readonly { readonly edge: LevelEdge; readonly skip: boolean; readonly points: readonly Point[] }[];
  readonly width: number;
  readonly height: number;
  readonly inX: number;
  readonly outX: number;
}

export interface LevelPad {
  readonly top: number;
  readonly side: number;
  readonly bottom: number;
}

export interface PlaceRequest {
  readonly nodes: readonly { readonly id: string; readonly width: number; readonly height: number }[];
  readonly edges: readonly { readonly source: string; readonly target: string }[];
}

/** Centres of nodes, and inner points of edges in the order given. */
export type Place = (request: PlaceRequest) => {
  readonly centres: ReadonlyMap<string, Point>;
  readonly bends: readonly (readonly Point[])[];
};

const gap = { down: 28, across: 28, lane: 24, row: 44 };
const perLine = 4;
const perRow = 6;
/** Blocks no higher than this are closed. */
const closedHeight = 56;
/** Rows wider than this are cut: six residual blocks fit. */
const widestRow = 2800;

/** `minWidth` is that of the frame's header; 0 at the outermost level, which has no frame. */
export function layOutLevel(
  items: readonly LevelItem[],
  edges: readonly LevelEdge[],
  pad: LevelPad,
  minWidth: number,
  place: Place,
): PlacedLevel {
  const { main, skips } = splitEdges(items, edges);
  const chain = chainOrder(items, main);
  const spine = chain === undefined ? spineOf(items, main) : undefined;
  const columns = spine === undefined ? undefined : placeSpine(spine, gap);
  const sideItems = new Set(columns === undefined ? [] : spine?.sides.flatMap((side) => side.items.map((i) => i.id)));
  const at = new Map<string, Point>();
  const paths = new Map<LevelEdge, Point[]>();
  const byId = new Map(items.map((i) => [i.id, i]));
  let entryX = 0;
  let exitX: number;

  if (chain !== undefined) {
    const lines = linesOf(chain, skips.length > 0, minWidth === 0);
    let y = 0;
    for (const line of lines) {
      let x = -(line[0]?.inX ?? 0);
      const tallest = Math.max(...line.map((i) => i.height));
      line.forEach((item, i) => {
        // Blocks of a row hang from one line; cards of a line share their middle.
        at.set(item.id, { x, y: item.isBlock ? y : y + (tallest - item.height) / 2 });
        x += item.width + (item.isBlock && line[i + 1]?.isBlock === true ? gap.row : gap.across);
      });
      y += tallest + (line.length > 1 && line[0]?.isBlock === true ? gap.row : gap.down);
    }
    exitX = (at.get(chain.at(-1)?.id ?? '')?.x ?? 0) + (chain.at(-1)?.outX ?? 0);
    const lineOf = new Map(lines.flatMap((line, i) => line.map((item) => [item.id, i] as const)));
    for (const edge of main) {
      const a = byId.get(edge.source);
      const b = byId.get(edge.target);
      if (a === undefined || b === undefined) continue;
      const sameLine = lineOf.get(a.id) === lineOf.get(b.id);
      paths.set(
        edge,
        sameLine
          ? alongLine(box(a, at), a, box(b, at), b)
          : downwards(outOf(a, at), inTo(b, at), lineBottom(lines[lineOf.get(a.id) ?? 0] ?? [], at)),
      );
    }
  } else if (spine !== undefined && columns !== undefined) {
    for (const [id, p] of columns) at.set(id, p);
    const last = byId.get(spine.line.at(-1)?.id ?? '');
    exitX = last === undefined ? 0 : (at.get(last.id)?.x ?? 0) + last.outX;
  } else {
    const placed = place({
      nodes: [
        ...items.map(({ id, width, height }) => ({ id, width, height })),
        { id: ENTRY, width: 2, height: 2 },
        { id: EXIT, width: 2, height: 2 },
      ],
      edges: main,
    });
    for (const item of items) {
      const c = placed.centres.get(item.id) ?? { x: 0, y: 0 };
      at.set(item.id, { x: c.x - item.width / 2, y: c.y - item.height / 2 });
    }
    entryX = placed.centres.get(ENTRY)?.x ?? 0;
    exitX = placed.centres.get(EXIT)?.x ?? 0;
    main.forEach((edge, i) => {
      const a = byId.get(edge.source);
      const b = byId.get(edge.target);
      const bends = placed.bends[i] ?? [];
      if (a !== undefined && b !== undefined) paths.set(edge, throughBends(outOf(a, at), bends, inTo(b, at)));
      else if (bends.length > 2) paths.set(edge, [...bends]);
    });
  }

  // Bounds of the items, then lanes at the left, then the frame around both.
  const boxes = new Map(items.map((item) => [item.id, box(item, at)]));
  const all = [...boxes.values()];
  const left = Math.min(...all.map((b) => b.x));
  const top = Math.min(...all.map((b) => b.y));
  const right = Math.max(...all.map((b) => b.x + b.width), exitX, entryX);
  const bottom = Math.max(...all.map((b) => b.y + b.height));
  const wraps = chain !== undefined && [...paths.values()].some((p) => p.some((q) => q.x < left));
  const content = right - left + skips.length * gap.lane + (wraps ? gap.lane : 0);
  const width = Math.max(minWidth, content + 2 * pad.side);
  const shiftX = (width - content) / 2 + skips.length * gap.lane + (wraps ? gap.lane : 0) - left;
  const shiftY = pad.top - top;
  const height = bottom - top + pad.top + pad.bottom;
  const inX = entryX + shiftX;
  const outX = exitX + shiftX;
  const move = (p: Point): Point => ({ x: p.x + shiftX, y: p.y + shiftY });
  const movedBoxes = new Map([...boxes].map(([id, b]) => [id, { ...b, ...move(b) }]));
  const entry: Point = { x: inX, y: 0 };
  const exit: Point = { x: outX, y: height };

  const done = main.map((edge) => ({ edge, skip: false, points: (paths.get(edge) ?? []).map(move) }));
  for (const [i, each] of done.entries()) {
    const a = byId.get(each.edge.source);
    const b = byId.get(each.edge.target);
    const from = a === undefined ? entry : outOf(a, movedBoxes);
    const to = b === undefined ? exit : inTo(b, movedBoxes);
    if (columns !== undefined) done[i] = { ...each, points: beside(from, to, a, b) };
    // A long way past other items: through the bends that placement left free.
    else if (a === undefined && each.points.length > 0)
      done[i] = { ...each, points: [from, ...throughBends({ x: from.x, y: pad.top - 2 * gapAbove }, each.points, to)] };
    else if (b === undefined && each.points.length > 0)
      done[i] = { ...each, points: [...throughBends(from, each.points, { x: to.x, y: height - pad.bottom / 2 }), to] };
    else if (a === undefined) done[i] = { ...each, points: downwards(from, to, to.y - 2 * gapAbove) };
    else if (b === undefined) done[i] = { ...each, points: downwards(from, to, height - pad.bottom) };
  }
  /** Edges of a spine: out to a side line right below where it leaves, back into the left of the item where it joins. */
  function beside(from: Point, to: Point, a: LevelItem | undefined, b: LevelItem | undefined): Point[] {
    if (b !== undefined && sideItems.has(b.id) && (a === undefined || !sideItems.has(a.id))) {
      const y = a === undefined ? pad.top - gapAbove : from.y + gap.down / 2;
      return [from, { x: from.x, y }, { x: to.x, y }, to];
    }
    if (a !== undefined && sideItems.has(a.id) && b !== undefined && !sideItems.has(b.id) && !b.isBlock) {
      const target = box(b, movedBoxes);
      const y = target.y + target.height / 2;
      return [from, { x: from.x, y }, { x: target.x, y }];
    }
    return downwards(from, to, b === undefined ? height - pad.bottom : to.y - 2 * gapAbove);
  }
  const laneStart = Math.min(...[...movedBoxes.values()].map((b) => b.x));
  skips.forEach((edge, i) => {
    const a = byId.get(edge.source);
    const b = byId.get(edge.target);
    const lane = laneStart - (i + 1) * gap.lane + 4;
    const from = a === undefined ? entry : outOf(a, movedBoxes);
    const leave = a === undefined ? pad.top - gapAbove : from.y + gap.down / 2;
    const points: Point[] = [from, { x: from.x, y: leave }, { x: lane, y: leave }];
    if (b === undefined) points.push({ x: lane, y: height - pad.bottom / 2 }, { x: exit.x, y: height - pad.bottom / 2 }, exit);
    else if (b.isBlock) {
      const to = inTo(b, movedBoxes);
      points.push({ x: lane, y: to.y - gapAbove }, { x: to.x, y: to.y - gapAbove }, to);
    } else {
      const target = box(b, movedBoxes);
      const y = target.y + target.height / 2;
      points.push({ x: lane, y }, { x: target.x, y });
    }
    done.push({ edge, skip: true, points });
  });
  return { boxes: movedBoxes, edges: done.map((e) => ({ ...e, points: simplify(e.points) })), width, height, inX, outX };
}

const gapAbove = 8;

const box = (item: LevelItem, at: ReadonlyMap<string, Point>): Box => {
  const p = at.get(item.id) ?? { x: 0, y: 0 };
  return { x: p.x, y: p.y, width: item.width, height: item.height };
};
const inTo = (item: LevelItem, at: ReadonlyMap<string, Point>): Point => {
  const b = box(item, at);
  return { x: b.x + item.inX, y: b.y };
};
const outOf = (item: LevelItem, at: ReadonlyMap<string, Point>): Point => {
  const b = box(item, at);
  return { x: b.x + item.outX, y: b.y + b.height };
};

/** Edges that a longer way makes redundant (shortcuts) and edges that close a circle, apart from the rest. */
function splitEdges(items: readonly LevelItem[], edges: readonly LevelEdge[]): { main: LevelEdge[]; skips: LevelEdge[] } {
  const out = new Map<string, LevelEdge[]>();
  for (const e of edges) {
    const others = out.get(e.source);
    if (others === undefined) out.set(e.source, [e]);
    else others.push(e);
  }
  const back = new Set<LevelEdge>();
  const colour = new Map<string, 'open' | 'done'>();
  const visit = (id: string) => {
    colour.set(id, 'open');
    for (const e of out.get(id) ?? []) {
      if (colour.get(e.target) === 'open') back.add(e);
      else if (!colour.has(e.target)) visit(e.target);
    }
    colour.set(id, 'done');
  };
  for (const id of [ENTRY, ...items.map((i) => i.id)]) if (!colour.has(id)) visit(id);

  const reachable = (from: string, to: string, without: LevelEdge): boolean => {
    const seen = new Set<string>([from]);
    const stack = [from];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      for (const e of out.get(id) ?? []) {
        if (e === without || back.has(e) || seen.has(e.target)) continue;
        if (e.target === to) return true;
        seen.add(e.target);
        stack.push(e.target);
      }
    }
    return false;
  };
  const main: LevelEdge[] = [];
  const skips: LevelEdge[] = [];
  for (const e of edges) (back.has(e) || reachable(e.source, e.target, e) ? skips : main).push(e);
  return { main, skips };
}

/** The items in order when they form one chain, with at most one way in and one way out. */
function chainOrder(items: readonly LevelItem[], main: readonly LevelEdge[]): readonly LevelItem[] | undefined {
  const next = new Map<string, string>();
  const previous = new Map<string, string>();
  for (const { source, target } of main) {
    if (next.has(source) || previous.has(target)) return undefined;
    next.set(source, target);
    previous.set(target, source);
  }
  const byId = new Map(items.map((i) => [i.id, i]));
  const starts = items.filter((i) => (previous.get(i.id) ?? ENTRY) === ENTRY);
  if (starts.length !== 1) return undefined;
  const order: LevelItem[] = [];
  for (let item = starts[0]; item !== undefined; item = byId.get(next.get(item.id) ?? '')) order.push(item);
  return order.length === items.length ? order : undefined;
}

/**
 * How a chain is folded: rows of blocks, lines of cards between blocks, lines of a long chain; else one item a line.
 * A few blocks at the outermost level are the stages of a network: each keeps a line of its own, unless nothing else is there.
 */
function linesOf(chain: readonly LevelItem[], hasSkips: boolean, outermost: boolean): LevelItem[][] {
  if (hasSkips) return chain.map((item) => [item]);
  const blocks = chain.filter((i) => i.isBlock).length;
  const rows = blocks > 1 && (blocks === chain.length || !outermost || blocks > perRow);
  const long = blocks === 0 && chain.length > 6;
  const lines: LevelItem[][] = [];
  for (const item of chain) {
    const line = lines.at(-1);
    const last = line?.at(-1);
    const joins =
      line !== undefined &&
      last !== undefined &&
      last.isBlock === item.isBlock &&
      // Closed blocks in a row with an open one would leave a hole below them.
      last.height <= closedHeight === item.height <= closedHeight &&
      line.length < (item.isBlock ? perRow : perLine) &&
      (item.isBlock ? rows && widthOf(line) + item.width <= widestRow : long || blocks > 0);
    if (joins) line.push(item);
    else lines.push([item]);
  }
  return lines;
}

const widthOf = (line: readonly LevelItem[]): number => line.reduce((sum, i) => sum + i.width + gap.row, 0);

const lineBottom = (line: readonly LevelItem[], at: ReadonlyMap<string, Point>): number =>
  Math.max(...line.map((i) => (at.get(i.id)?.y ?? 0) + i.height));
