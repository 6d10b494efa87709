/** The drawn graph as plain data: absolute boxes and edge points in pixels. Made by the layout worker, drawn by ui/graph. */
export type { GraphLayout, LaidBlock, LaidCard, LaidEdge, LayoutRequest } from '../core/analysis/layout-types';
