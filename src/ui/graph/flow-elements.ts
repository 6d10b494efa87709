/**
 * The layout as React Flow's nodes and edges: all of it, or the blocks alone where an overview draws the rest. Sizes and handles are given, so nothing is measured before it is drawn:
 * the two port elements in each node are what React Flow finds when it looks anyway.
 */
import { Position, type NodeHandle } from '@xyflow/react';
import type { Box, GraphLayout } from '../../core/analysis/layout-types';
import type { BlockNodeType } from './block-node';
import type { CardNodeType } from './card-node';
import type { FlowEdgeType } from './flow-edge';

export type GraphNode = CardNodeType | BlockNodeType;

const handles = (box: Box): NodeHandle[] => [
  { type: 'target', position: Position.Top, x: box.width / 2, y: 0, width: 1, height: 1 },
  { type: 'source', position: Position.Bottom, x: box.width / 2, y: box.height, width: 1, height: 1 },
];

const edgeLayer = 20;

export function flowElements(
  layout: GraphLayout,
  parts: 'all' | 'blocks',
  onToggle: (id: string) => void,
): { readonly nodes: GraphNode[]; readonly edges: FlowEdgeType[] } {
  const portals = new Map<string, string[]>();
  for (const { from, to } of layout.portals) portals.set(to, [...(portals.get(to) ?? []), from]);
  const isAll = parts === 'all';
  const place = (box: Box) => ({
    position: { x: box.x, y: box.y },
    width: box.width,
    height: box.height,
    measured: { width: box.width, height: box.height },
    handles: handles(box),
    draggable: false,
    connectable: false,
    selectable: false,
    focusable: false,
  });
  const nodes: GraphNode[] = [
    ...layout.blocks.map((block): BlockNodeType => ({
      id: block.id,
      type: 'block',
      ...place(block),
      zIndex: block.open ? block.depth : edgeLayer + 1,
      data: { block, onToggle },
    })),
    ...(isAll ? layout.cards : []).map((card): CardNodeType => ({
      id: card.id,
      type: 'card',
      ...place(card),
      zIndex: edgeLayer + 1,
      data: { portals: portals.get(card.id) ?? [] },
    })),
  ];
  const edges = (isAll ? layout.edges : [])
    .filter((e) => e.source !== '' && e.target !== '')
    .map((edge): FlowEdgeType => ({
      id: edge.id,
      type: 'flow',
      source: edge.source,
      target: edge.target,
      zIndex: edgeLayer,
      focusable: false,
      selectable: false,
      data: { edge },
    }));
  return { nodes, edges };
}
