/** The whole graph, small, with the part that is in view. Docked beside the graph it covers nothing; clicking and dragging it pans. */
import { MiniMap, useReactFlow } from '@xyflow/react';
import { useStudio } from '../../store/store';
import type { GraphNode } from './flow-elements';
import { useSize } from '../charts/use-width';
import styles from './graph.module.css';

export function GraphMinimap({ docked }: { readonly docked: boolean }) {
  const selection = useStudio((s) => s.view.selection);
  const flow = useReactFlow();
  const className = (n: GraphNode): string =>
    (n.id === selection ? styles.mapSelected : n.type === 'card' || !n.data.block.open ? styles.mapCard : styles.mapBlock) ?? '';
  // The map's own drawing needs its size in pixels: the outline of what is in view is cut at the border then.
  const { ref, width, height } = useSize<HTMLDivElement>();
  return (
    <div ref={ref} className={docked ? styles.mapDock : styles.mapFloat} data-testid="minimap">
      <MiniMap<GraphNode>
        className={styles.minimap ?? ''}
        style={{ width: Math.max(40, width), height: Math.max(40, height) }}
        onClick={(_, { x, y }) => void flow.setCenter(x, y, { zoom: flow.getZoom() })}
        pannable
        zoomable
        ariaLabel="Overview of the graph"
        bgColor="transparent"
        maskColor="color-mix(in oklab, var(--canvas) 62%, transparent)"
        maskStrokeColor="var(--accent)"
        maskStrokeWidth={1}
        nodeStrokeWidth={0}
        nodeBorderRadius={12}
        nodeClassName={className}
      />
    </div>
  );
}
