/** The graph with its tool bar. The bar has its own row: nothing of it lies over the graph. */
import { useStore } from '@xyflow/react';
import { ChartScatter, ChevronsDownUp, ChevronsUpDown, Columns3, Cpu, Map as MapIcon, Maximize, Minus, Plus } from 'lucide-react';
import { useMemo } from 'react';
import { showMiddle } from '../../../store/actions/chip';
import { collapseAll, expandAll } from '../../../store/actions/layout';
import { move } from '../../../store/actions/view';
import { layerNumbers, numberIds } from '../../../store/layer-numbers';
import { shown } from '../../../store/loadable';
import { colourNow, conversionOf, isCalibrated, openModel } from '../../../store/selectors';
import type { ColourBy } from '../../../store/state';
import { setView, useStudio } from '../../../store/store';
import type { GraphCard } from '../../../engine/api';
import { GraphView } from '../../graph/graph-view';
import { GraphMinimap } from '../../graph/minimap';
import graph from '../../graph/graph.module.css';
import { opColour } from '../../graph/op-icon';
import { Button, IconButton } from '../../kit/button';
import { EmptyState } from '../../kit/feedback';
import { Select } from '../../kit/field';
import { OverlayLegend } from './overlay-legend';

/** Needs a ReactFlowProvider around it. `overlayMinimap`: nobody beside the graph has room for the minimap. */
export function GraphPanel({ overlayMinimap }: { readonly overlayMinimap: boolean }) {
  const layout = useStudio((s) => s.work.layout);
  const picture = shown(layout);
  const minimap = useStudio((s) => s.view.minimap);
  return (
    <section className={graph.wrap} aria-label="Graph">
      <Bar />
      {picture !== undefined ? (
        <GraphView layout={picture} />
      ) : layout.kind === 'failed' ? (
        <EmptyState title="The graph could not be laid out">{layout.error.got ?? layout.error.what}</EmptyState>
      ) : (
        <Skeleton />
      )}
      <Foot />
      {minimap && overlayMinimap && <GraphMinimap docked={false} />}
    </section>
  );
}

function Bar() {
  const zoom = useStore((s) => Math.round(s.transform[2] * 100));
  const colourBy = useStudio(colourNow);
  const minimap = useStudio((s) => s.view.minimap);
  const converted = useStudio((s) => conversionOf(s) !== undefined);
  const calibrated = useStudio(isCalibrated);
  return (
    <div className={graph.bar} role="toolbar" aria-label="Graph tools">
      <span className={graph.barLabel}>Colour</span>
      <Select label="Colour by" value={colourBy} onChange={(next) => setView({ colourBy: next })} items={overlays(converted)} />
      <span className={graph.spacer} />
      {calibrated && (
        <Button
          size="small"
          aria-label="Mixed precision"
          title="Mixed precision"
          className={graph.view}
          icon={<ChartScatter size={14} aria-hidden />}
          onClick={() => void showMiddle('bits')}
          data-testid="show-bits"
        >
          <span>Bits</span>
        </Button>
      )}
      {converted && (
        <Button
          size="small"
          aria-label="Compare"
          title="Compare"
          className={graph.view}
          icon={<Columns3 size={14} aria-hidden />}
          onClick={() => void showMiddle('compare')}
          data-testid="show-compare"
        >
          <span>Compare</span>
        </Button>
      )}
      {converted && (
        <Button
          size="small"
          aria-label="Hardware"
          title="Hardware"
          className={graph.view}
          icon={<Cpu size={14} aria-hidden />}
          onClick={() => void showMiddle('hardware')}
          data-testid="show-hardware"
        >
          <span>Hardware</span>
        </Button>
      )}
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

/** What there are numbers for now. */
const overlays = (converted: boolean): readonly { readonly id: ColourBy; readonly title: string }[] => [
  { id: 'operator', title: 'Operator' },
  ...numberIds.filter((id) => converted || layerNumbers[id].needs === 'model').map((id) => ({ id, title: layerNumbers[id].title })),
  { id: 'islands', title: 'Float islands' },
];

const opNames: readonly (readonly [GraphCard['kind'], string])[] = [
  ['conv', 'Convolution'],
  ['linear', 'Linear'],
  ['pool', 'Pool'],
  ['elementwise', 'Elementwise'],
  ['activation', 'Activation'],
  ['norm', 'Norm'],
  ['shape', 'Shape and other'],
];

/** What the colours mean, under the graph. */
function Foot() {
  const colourBy = useStudio(colourNow);
  const graphOf = useStudio((s) => openModel(s)?.graph);
  const layout = useStudio((s) => shown(s.work.layout));
  const kinds = useMemo(() => new Set<GraphCard['kind']>(graphOf?.cards.map((c) => (c.kind === 'other' ? 'shape' : c.kind))), [graphOf]);
  const closed = layout?.blocks.filter((b) => !b.open).length ?? 0;
  return (
    <div className={graph.foot} data-testid="graph-legend">
      {colourBy !== 'operator' && <OverlayLegend by={colourBy} />}
      {colourBy === 'operator' && (
        <ul className={graph.key} aria-label="Legend">
          {opNames
            .filter(([kind]) => kinds.has(kind))
            .map(([kind, name]) => (
              <li key={kind}>
                <i style={{ '--tint': opColour(kind) }} /> {name}
              </li>
            ))}
        </ul>
      )}
      <span className={graph.spacer} />
      {closed > 0 && (
        <span className={graph.drawn}>
          {layout?.cards.length ?? 0} of {graphOf?.cards.length ?? 0} drawn, {closed} {closed === 1 ? 'block' : 'blocks'} closed
        </span>
      )}
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
