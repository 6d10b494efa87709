/** An edge drawn through the layout's own points. It lights up with the selected layer. */
import type { Edge, EdgeProps } from '@xyflow/react';
import { memo } from 'react';
import type { LaidEdge } from '../../core/analysis/layout-types';
import { useStudio } from '../../store/store';
import styles from './graph.module.css';
import { roundedPath } from './rounded-path';

export type FlowEdgeType = Edge<{ readonly edge: LaidEdge }, 'flow'>;

export const FlowEdge = memo(function FlowEdge({ data }: EdgeProps<FlowEdgeType>) {
  const edge = data?.edge;
  const lit = useStudio(({ view }) => {
    const id = view.selection;
    return id !== undefined && edge !== undefined && (edge.source === id || edge.target === id);
  });
  if (edge === undefined) return null;
  const names = [styles.edge, edge.skip && styles.skip, lit && styles.lit];
  return <path className={names.filter(Boolean).join(' ')} d={roundedPath(edge.points)} />;
});
