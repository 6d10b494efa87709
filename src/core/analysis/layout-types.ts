/**
 * The drawn graph as plain data: absolute boxes and edge points in pixels, y downwards. Made by graph-layout.ts.
 */
import type { ModelGraph } from './graph-types';

export interface LayoutRequest {
  readonly graph: ModelGraph;
  /** Closed scopes; `undefined`: close as many, deepest first, as it takes to draw at most about 150 boxes. */
  readonly collapsed: readonly string[] | undefined;
  /** Lay out simply and quickly. */
  readonly simple?: boolean;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

export interface LaidCard extends Box {
  readonly id: string;
}

/** A scope: an open container, or a closed block that stands for everything inside. */
export interface LaidBlock extends Box {
  /** The scope's full name: `layer1.0`. */
  readonly id: string;
  readonly title: string;
  /** 0 for the outermost. */
  readonly depth: number;
  readonly open: boolean;
  /** It holds this many equal blocks and nothing else. */
  readonly times: number | undefined;
  /** Where edges cross the header, from the left edge: the header's text leaves it free. */
  readonly portX: number;
  readonly cards: number;
  readonly parameters: number;
  readonly macs: number;
}

export interface LaidEdge {
  readonly id: string;
  /** Ids of the boxes that the line joins; a block's id for the part inside it, from or to its border. */
  readonly source: string;
  readonly target: string;
  readonly skip: boolean;
  readonly points: readonly Point[];
  /** Cards that it carries values between: lights up when one of them is selected. */
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** A box itself: all that is drawn lies in it. Its corner need not be at 0, so that a picture can keep the place of the one before. */
export interface GraphLayout extends Box {
  readonly cards: readonly LaidCard[];
  readonly blocks: readonly LaidBlock[];
  readonly edges: readonly LaidEdge[];
  /** Closed scopes of this picture. */
  readonly collapsed: readonly string[];
  /** Values used in so many places that lines would hide the graph: drawn as a label at each user. */
  readonly portals: readonly { readonly from: string; readonly to: string }[];
  /** The simple layout stands in for the better one, which took too long. */
  readonly simple: boolean;
}
