/**
 * The graph itself: React Flow over the layout's boxes and lines. Click selects, a block's header opens and closes it,
 * arrows walk, Enter opens. The smaller it is, the larger are names and the fewer details.
 */
import '@xyflow/react/dist/base.css';
import { ReactFlow, useReactFlow, useStore, type EdgeTypes, type NodeTypes } from '@xyflow/react';
import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import type { GraphLayout } from '../../core/analysis/layout-types';
import { addBlock, toggleLayer } from '../../store/actions/choose';
import { toggleScope } from '../../store/actions/layout';
import { selectLayer } from '../../store/actions/view';
import { boxOf, contains } from '../../store/picture';
import { setView, useStudio } from '../../store/store';
import { BlockNode } from './block-node';
import { CardNode } from './card-node';
import { FlowEdge } from './flow-edge';
import { flowElements, type GraphNode } from './flow-elements';
import styles from './graph.module.css';
import { cardAt, Overview } from './overview';
import { neighbour, type Direction } from './walk';

const nodeTypes: NodeTypes = { card: CardNode, block: BlockNode };
const edgeTypes: EdgeTypes = { flow: FlowEdge };
/**
 * Level of detail by zoom: the whole card; name and number; names only, larger the farther; an overview, where cards are painted
 * and not elements. Of a graph with more cards than this the overview begins sooner: hundreds would be in view at once.
 */
const detailOf = (zoom: number, cards: number): 'near' | 'mid' | 'far' | 'farther' | 'overview' => {
  if (zoom < (cards > manyCards ? 0.34 : 0.16)) return 'overview';
  return zoom >= 0.65 ? 'near' : zoom >= 0.45 ? 'mid' : zoom >= 0.34 ? 'far' : 'farther';
};
const manyCards = 150;
/** Boxes that move smoothly. */
const mostMoved = 400;
/** The least zoom at which names are read: the graph opens no farther away. */
const leastFit = 0.24;
/** As far away as one can go. */
const leastZoom = 0.08;
/** Where `Skip to the graph` leads. */
export const graphId = 'model-graph';
const margin = 8;
const motionMs = 240;
const arrows: Readonly<Record<string, Direction>> = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right' };

const still = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;
const duration = (): number => (still() ? 0 : motionMs);

export function GraphView({ layout }: { readonly layout: GraphLayout }) {
  const flow = useReactFlow();
  const detail = useStore((s) => detailOf(s.transform[2], layout.cards.length));
  const size = useStore((s) => `${s.width}x${s.height}`);
  const selection = useStudio((s) => s.view.selection);
  const camera = useStudio((s) => s.view.camera);
  const model = useStudio((s) => s.work.model);
  const fitted = useRef<unknown>(undefined);

  // Another picture of the same model moves there; so many boxes that their moving would stutter do not.
  const [drawn, setDrawn] = useState({ layout, model, animated: false });
  if (drawn.layout !== layout)
    setDrawn({ layout, model, animated: drawn.model === model && layout.cards.length + layout.blocks.length <= mostMoved });
  const { animated } = drawn;
  useEffect(() => {
    if (!animated) return;
    const timer = setTimeout(() => setDrawn((now) => ({ ...now, animated: false })), motionMs + 60);
    return () => clearTimeout(timer);
  }, [animated, layout]);

  const toggle = useCallback((id: string) => void toggleScope(id), []);
  const isOverview = detail === 'overview';
  const { nodes, edges } = useMemo(() => flowElements(layout, isOverview ? 'blocks' : 'all', toggle), [layout, isOverview, toggle]);

  const fit = useCallback(
    (ms: number, all: boolean) => {
      const [w = 0, h = 0] = size.split('x').map(Number);
      if (w === 0 || h === 0) return;
      const across = (w - 2 * margin) / layout.width;
      const whole = Math.min(across, (h - 2 * margin) / layout.height);
      // A graph too large to read whole begins at its top left, as wide as it can be read; whole where that is asked for.
      const zoom = Math.min(1, whole >= leastFit ? whole : all ? Math.max(leastZoom, whole) : Math.max(leastFit, Math.min(0.75, across)));
      const centred = (room: number, from: number, length: number) => Math.max(margin, (room - length * zoom) / 2) - from * zoom;
      void flow.setViewport({ x: centred(w, layout.x, layout.width), y: centred(h, layout.y, layout.height), zoom }, { duration: ms });
    },
    [flow, layout, size],
  );

  // A new model is fitted once; after that the place is the user's.
  useEffect(() => {
    if (size.startsWith('0x') || fitted.current === model) return;
    fitted.current = model;
    fit(0, false);
  }, [model, size, fit]);

  const done = useRef(camera.serial);
  useEffect(() => {
    if (done.current === camera.serial) return;
    done.current = camera.serial;
    switch (camera.wish) {
      case 'fit':
        fit(duration(), true);
        return;
      case 'in':
        void flow.zoomIn({ duration: duration() });
        return;
      case 'out':
        void flow.zoomOut({ duration: duration() });
        return;
      case 'selection': {
        const box = selection === undefined ? undefined : boxOf(layout, selection);
        if (box === undefined) return;
        const zoom = Math.max(flow.getZoom(), 0.7);
        void flow.setCenter(box.x + box.width / 2, box.y + box.height / 2, { zoom, duration: duration() });
        return;
      }
      case 'none':
        return;
      default:
        camera.wish satisfies never;
    }
  }, [camera, fit, flow, layout, selection]);

  const onKeyDown = (e: KeyboardEvent) => {
    if (e.target !== e.currentTarget || e.ctrlKey || e.metaKey || e.altKey) return;
    const direction = arrows[e.key];
    if (direction !== undefined) {
      e.preventDefault();
      const next = neighbour(layout, selection, direction);
      if (next !== undefined) void selectLayer(next);
    } else if (e.key === 'Enter' && selection !== undefined && layout.blocks.some((b) => b.id === selection)) toggle(selection);
    else if (e.key === 'Backspace' && selection !== undefined) {
      // Out of a layer: closes the block around it and stands on that.
      const box = boxOf(layout, selection);
      const around = layout.blocks
        .filter((b) => b.open && b.id !== selection && box !== undefined && contains(b, box))
        .sort((a, b) => b.depth - a.depth)[0];
      if (around === undefined) return;
      toggle(around.id);
      setView({ selection: around.id });
    }
  };

  return (
    <ReactFlow<GraphNode>
      className={[styles.stage, animated && styles.animated].filter(Boolean).join(' ')}
      id={graphId}
      tabIndex={0}
      aria-label="Model graph. Arrow keys walk along the edges, Enter opens a block, Backspace closes the block around a layer."
      aria-activedescendant={selection === undefined ? undefined : `card-${selection}`}
      data-testid="graph"
      data-detail={detail}
      data-moves={animated}
      onKeyDown={onKeyDown}
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      onNodeClick={(e, node) => {
        const adds = e.ctrlKey || e.metaKey || e.shiftKey;
        if (adds && node.type === 'card') toggleLayer(node.id);
        else if (adds) addBlock(node.id);
        else if (node.type === 'card') void selectLayer(node.id, { pan: false });
        else if (!node.data.block.open) toggle(node.id);
        else setView({ selection: node.id, step: undefined });
      }}
      onPaneClick={(e) =>
        void selectLayer(isOverview ? cardAt(layout, flow.screenToFlowPosition({ x: e.clientX, y: e.clientY })) : undefined)
      }
      // Shift adds to what is chosen
      selectionKeyCode={null}
      multiSelectionKeyCode={null}
      onlyRenderVisibleElements
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      elementsSelectable={false}
      disableKeyboardA11y
      panOnScroll
      zoomOnDoubleClick={false}
      minZoom={leastZoom}
      maxZoom={2}
      proOptions={{ hideAttribution: true }}
    >
      {isOverview && <Overview layout={layout} />}
    </ReactFlow>
  );
}
