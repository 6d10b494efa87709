/** A selected block: what it holds in numbers, and its layers as a list that leads to each. */
import { useMemo } from 'react';
import { selectLayer } from '../../../store/actions/view';
import { openModel } from '../../../store/selectors';
import { useStudio } from '../../../store/store';
import type { GraphCard } from '../../../engine/api';
import { countText } from '../../charts/format';
import { useLook } from '../../graph/card-metric';
import { OpIcon, opColour } from '../../graph/op-icon';
import { EmptyState, Panel } from '../../kit/feedback';
import styles from './overview.module.css';

export function BlockOverview({ scope }: { readonly scope: string }) {
  const model = useStudio(openModel);
  const cards = useMemo(() => model?.graph.cards.filter((c) => c.scope.includes(scope)) ?? [], [model, scope]);
  if (cards.length === 0)
    return <EmptyState title="This layer is not in the model">Choose another in the tree or in the graph.</EmptyState>;
  const parameters = cards.reduce((sum, c) => sum + c.parameters, 0);
  const macs = cards.reduce((sum, c) => sum + c.macs, 0);
  return (
    <div data-testid="block-overview">
      <div className={styles.head}>
        <h2 title={scope}>{scope}</h2>
        <p>Block of the model</p>
      </div>
      <dl className={styles.numbers}>
        <div>
          <dt>Layers</dt>
          <dd>{cards.length}</dd>
        </div>
        <div>
          <dt>Parameters</dt>
          <dd>{countText(parameters)}</dd>
        </div>
        <div>
          <dt>MACs</dt>
          <dd>{countText(macs)}</dd>
        </div>
      </dl>
      <Panel title="Layers inside">
        <ul className={styles.inside}>
          {cards.map((card) => (
            <Inside key={card.id} card={card} scope={scope} />
          ))}
        </ul>
      </Panel>
    </div>
  );
}

function Inside({ card, scope }: { readonly card: GraphCard; readonly scope: string }) {
  const look = useLook(card);
  return (
    <li>
      <button type="button" title={card.id} onClick={() => void selectLayer(card.id)}>
        <span style={{ color: opColour(card.kind) }}>
          <OpIcon kind={card.kind} size={14} />
        </span>
        <span className={styles.insideTitle}>{card.title}</span>
        <span className={styles.insideName}>{card.id.startsWith(`${scope}.`) ? card.id.slice(scope.length + 1) : card.id}</span>
        <span className={styles.insideValue} style={{ color: look.valueColour }}>
          {look.value === undefined ? '' : `${look.value} ${look.unit}`}
        </span>
      </button>
    </li>
  );
}
