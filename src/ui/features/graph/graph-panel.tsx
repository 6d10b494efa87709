/** The graph with its tool bar. The bar has its own row: nothing of it lies over the graph. */
import { ReactFlowProvider, useStore } from '@xyflow/react';
import { ChevronsDownUp, ChevronsUpDown, Map as MapIcon, Maximize, Minus, Plus } from 'lucide-react';
import { collapseAll, expandAll } from '../../../store/actions/layout';
import { move } from '../../../store/actions/view';
import { shown } from '../../../store/loadable';
import { conversionOf } from '../../../store/selectors';
import { setView, useStudio } from '../../../store/store';
import { GraphView } from '../../graph/graph-view';
import graph from '../../graph/graph.module.css';
import { IconButton } from '../../kit/button';
import { EmptyState } from '../../kit/feedback';
import { Segmented } from '../../kit/segmented';

export function GraphPanel() {
  const layout = useStudio((s) => s.work.layout);
  const picture = shown(layout);
  return (
    <ReactFlowProvider>
      <section className={graph.wrap} aria-label="Graph">
        <Bar />
        {picture !== undefined ? (
          <GraphView layout={picture} />
        ) : layout.kind === 'failed' ? (
          <EmptyState title="The graph could not be laid out">{layout.error.got ?? layout.error.what}</EmptyState>
        ) : (
          <Skeleton />
        )}
      </section>
    </ReactFlowProvider>
  );
}

function Bar() {
  const zoom = useStore((s) => Math.round(s.transform[2] * 100));
  const colourBy = useStudio((s) => s.view.colourBy);
  const minimap = useStudio((s) => s.view.minimap);
  const converted = useStudio((s) => conversionOf(s) !== undefined);
  return (
    <div className={graph.bar} role="toolbar" aria-label="Graph tools">
      <span className={graph.barLabel}>Colour</span>
      <Segmented
        label="Colour by"
        value={colourBy}
        onChange={(next) => setView({ colourBy: next })}
        items={[
          { id: 'operator', title: 'Operator' },
          { id: 'sqnr', title: 'SQNR', disabled: !converted },
          { id: 'bits', title: 'Bits', disabled: !converted },
        ]}
      />
      <span className={graph.spacer} />
      <IconButton label="Open all blocks" shortcut="E" onClick={() => void expandAll()}>
        <ChevronsUpDown size={16} aria-hidden />
      </IconButton>
      <IconButton label="Close all blocks" shortcut="C" onClick={() => void collapseAll()}>
        <ChevronsDownUp size={16} aria-hidden />
      </IconButton>
      <IconButton label="Minimap" aria-pressed={minimap} onClick={() => setView({ minimap: !minimap })}>
        <MapIcon size={16} aria-hidden />
      </IconButton>
      <IconButton label="Zoom out" shortcut="−" onClick={() => move('out')}>
        <Minus size={16} aria-hidden />
      </IconButton>
      <span className={graph.zoom} aria-live="off">
        {zoom} %
      </span>
      <IconButton label="Zoom in" shortcut="+" onClick={() => move('in')}>
        <Plus size={16} aria-hidden />
      </IconButton>
      <IconButton label="Fit the graph" shortcut="F" onClick={() => move('fit')}>
        <Maximize size={16} aria-hidden />
      </IconButton>
    </div>
  );
}

/** What stands here until the first layout is there. */
function Skeleton() {
  return (
    <div className={graph.stage} role="status" aria-label="Laying out the graph">
      <div className={graph.skeleton}>
        {[0, 1, 2, 3, 4].map((i) => (
          <div key={i} className={graph.ghost} />
        ))}
      </div>
    </div>
  );
}
