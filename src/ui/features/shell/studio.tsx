/**
 * The frame of an open model: top bar, layer tree, graph over strip, details. Panels resize and collapse;
 * sizes are remembered for each set of panels that is shown (in percent, as the library reports them).
 */
import { ReactFlowProvider } from '@xyflow/react';
import type { ReactNode } from 'react';
import { Group, Panel, Separator } from 'react-resizable-panels';
import { setPanelSizes } from '../../../store/actions/view';
import { useStudio } from '../../../store/store';
import { GraphMinimap } from '../../graph/minimap';
import { middleNow } from '../../../store/chip';
import { BitsView } from '../bits/bits-view';
import { CompareView } from '../compare/compare-view';
import { HardwareView } from '../chip/hardware-view';
import { TraceDialog } from '../chip/trace-dialog';
import { GraphPanel } from '../graph/graph-panel';
import { LayerTree } from '../graph/layer-tree';
import { PluginsPlace } from '../plugins/plugins-place';
import { RecipesView } from '../recipes/recipes-view';
import { Strip } from '../strip/strip';
import { HintLine } from './hint-line';
import styles from './shell.module.css';
import { SidePanel } from './side-panel';
import { TopBar } from './top-bar';

export function Studio() {
  const panels = useStudio((s) => s.view.panels);
  const minimap = useStudio((s) => s.view.minimap);
  const middle = useStudio(middleNow);
  const place = useStudio((s) => s.view.place);
  return (
    <ReactFlowProvider>
      <div className={styles.frame} data-testid="studio">
        <TopBar />
        <main className={styles.group}>
          {place === 'plugins' ? (
            <PluginsPlace />
          ) : place === 'recipes' ? (
            <RecipesView />
          ) : (
            <Row name="columns" shown={`${panels.tree ? 'tree-' : ''}middle${panels.inspector ? '-side' : ''}`} orientation="horizontal">
              {panels.tree && (
                <Panel
                  id="tree"
                  className={styles.left}
                  defaultSize={228}
                  minSize={180}
                  maxSize={420}
                  groupResizeBehavior="preserve-pixel-size"
                >
                  <LayerTree />
                  {/* beside the graph, whose every line is needed */}
                  {middle === 'graph' && <HintLine place="graph" />}
                  {minimap && middle === 'graph' && <GraphMinimap docked />}
                </Panel>
              )}
              {panels.tree && <Separator className={styles.across} aria-label="Width of the layer tree" />}
              <Panel id="middle-pane" minSize={320}>
                <div className={styles.main}>
                  {middle === 'hardware' ? (
                    <HardwareView />
                  ) : middle === 'bits' ? (
                    <BitsView />
                  ) : middle === 'compare' ? (
                    <CompareView />
                  ) : (
                    <Row name="rows" shown={`graph${panels.strip ? '-strip' : ''}`} orientation="vertical">
                      <Panel id="graph-pane" minSize={180}>
                        <GraphPanel overlayMinimap={!panels.tree} />
                      </Panel>
                      {panels.strip && <Separator className={styles.down} aria-label="Height of the layer strip" />}
                      {panels.strip && (
                        <Panel id="strip-pane" defaultSize={172} minSize={132} maxSize={320} groupResizeBehavior="preserve-pixel-size">
                          <Strip />
                        </Panel>
                      )}
                    </Row>
                  )}
                </div>
              </Panel>
              {panels.inspector && <Separator className={styles.across} aria-label="Width of the details" />}
              {panels.inspector && (
                <Panel id="side-pane" defaultSize={372} minSize={352} maxSize={560} groupResizeBehavior="preserve-pixel-size">
                  <SidePanel />
                </Panel>
              )}
            </Row>
          )}
        </main>
        <TraceDialog />
      </div>
    </ReactFlowProvider>
  );
}

interface RowProps {
  readonly name: string;
  /** Which of its panels are there: each set has sizes of its own. */
  readonly shown: string;
  readonly orientation: 'horizontal' | 'vertical';
  readonly children: ReactNode;
}

/** A group that remembers what the user made of it. */
function Row({ name, shown, orientation, children }: RowProps) {
  const key = `${name}:${shown}`;
  const kept = useStudio((s) => s.view.panelSizes[key]);
  return (
    <Group
      id={name}
      className={styles.group}
      orientation={orientation}
      {...(kept === undefined ? {} : { defaultLayout: { ...kept } })}
      onLayoutChanged={(sizes, { isUserInteraction }) => {
        if (isUserInteraction) setPanelSizes(key, sizes);
      }}
    >
      {children}
    </Group>
  );
}
