/**
 * The inspector of the selected layer: head and tabs. It asks the engine for a layer once, and again after a newer
 * result. Blocks and the whole model have overviews of their own (features/shell).
 */
import { useEffect } from 'react';
import type { GraphCard } from '../../../engine/api';
import { loadLayer } from '../../../store/actions/inspect';
import { shown } from '../../../store/loadable';
import { cardOf, conversionOf, reportOf } from '../../../store/selectors';
import { errorDetail, setView, useStudio } from '../../../store/store';
import { Button } from '../../kit/button';
import { Notice } from '../../kit/feedback';
import { Tabs, type TabItem } from '../../kit/tabs';
import { ActivationsTab } from './activations-tab';
import { InfoTab } from './info-tab';
import styles from './inspect.module.css';
import { IntegersTab } from './integers-tab';
import { LayerHead } from './layer-head';
import { Missing, NotHere } from './missing';
import { QuantizeTab } from './quantize-tab';
import { WeightsTab } from './weights-tab';

const tabIds = ['weights', 'activations', 'quantize', 'integers', 'info'] as const;
type TabId = (typeof tabIds)[number];

export function Inspector() {
  const card = useStudio((s) => cardOf(s, s.view.selection));
  return card === undefined ? null : <LayerInspector card={card} />;
}

function LayerInspector({ card }: { readonly card: GraphCard }) {
  const entry = useStudio((s) => s.work.layers.get(card.id));
  const report = useStudio((s) => reportOf(s, card.id));
  const conversion = useStudio(conversionOf);
  const chosen = useStudio((s) => s.view.inspectorTab);
  // What only works on activations has no weights to show.
  const ids = card.channelRange === undefined ? tabIds.filter((id) => id !== 'weights') : tabIds;
  const first: TabId = card.channelRange !== undefined ? 'weights' : conversion === undefined ? 'activations' : 'quantize';
  const tab: TabId = ids.find((id) => id === chosen) ?? first;
  const asked = entry !== undefined;
  useEffect(() => {
    if (!asked) void loadLayer(card.id);
  }, [asked, card.id]);

  const detail = entry === undefined ? undefined : shown(entry);
  const body = (id: TabId) => {
    if (entry?.kind === 'failed') {
      return (
        <div className={styles.section}>
          <Notice tone="bad" title={entry.error.what}>
            {errorDetail(entry.error)}
          </Notice>
          <div>
            <Button size="small" onClick={() => void loadLayer(card.id)}>
              Try again
            </Button>
          </div>
        </div>
      );
    }
    if (detail === undefined) return <Skeleton />;
    switch (id) {
      case 'weights':
        return <WeightsTab detail={detail} />;
      case 'activations':
        return <ActivationsTab detail={detail} />;
      case 'quantize':
        return <QuantizeTab detail={detail} />;
      case 'integers':
        if (detail.tensors.length > 0) return <IntegersTab detail={detail} generation={conversion} />;
        if (conversion !== undefined)
          return (
            <NotHere title="No integers of its own">
              {card.title} does not appear in the integer model: its neighbours hold its numbers.
            </NotHere>
          );
        return (
          <Missing title="Not converted yet" need="conversion">
            After the conversion: every integer of this layer on one sample, to look at and to take home as .npy or .mem.
          </Missing>
        );
      case 'info':
        return <InfoTab detail={detail} />;
      default:
        return id satisfies never;
    }
  };
  const titles: Readonly<Record<TabId, string>> = {
    weights: 'Weights',
    activations: 'Activations',
    quantize: 'Quantize',
    integers: 'Integers',
    info: 'Info',
  };
  const items: readonly TabItem<TabId>[] = ids.map((id) => ({ id, title: titles[id], content: id === tab ? body(id) : null }));
  return (
    <section className={styles.inspector} aria-label={`Layer ${card.id}`}>
      <LayerHead card={card} report={report} />
      <div className={styles.tabs}>
        <Tabs label="About the layer" value={tab} onChange={(next) => setView({ inspectorTab: next })} items={items} />
      </div>
    </section>
  );
}

function Skeleton() {
  return (
    <div className={styles.section} role="status" aria-label="Reading the layer">
      <div className={styles.ghost} style={{ height: 140 }} />
      <div className={styles.ghost} style={{ height: 40 }} />
      <div className={styles.ghost} style={{ height: 72 }} />
    </div>
  );
}
