/** Several layers at once: what they are together, and the settings of the recipe for all of them in one step of undo. */
import { X } from 'lucide-react';
import { toggleLayer } from '../../../store/actions/choose';
import { openStep, selectLayer } from '../../../store/actions/view';
import { cardOf, chosenNow, isStale, openModel, reportOf } from '../../../store/selectors';
import { state, useStudio } from '../../../store/store';
import { countText } from '../../charts/format';
import { opColour } from '../../graph/op-icon';
import { Button, IconButton } from '../../kit/button';
import { Badge, Panel } from '../../kit/feedback';
import { Stat, StatGrid } from '../../kit/stat';
import { StepFrame } from '../../kit/step-frame';
import { definitions } from '../inspect/definitions';
import { LayerSettings, nameable } from './layer-settings';
import styles from './recipe.module.css';

const keys = ['weightBits', 'activationBits', 'weights', 'activations', 'keep'] as const;

export function ManyLayers() {
  const chosen = useStudio(chosenNow);
  const model = useStudio(openModel);
  const stale = useStudio(isStale);
  const cards = chosen.flatMap((id) => cardOf(state(), id) ?? []);
  const all = nameable(model?.graph.cards ?? []);
  const layers = chosen.filter((id) => all.includes(id));
  const sum = (of: 'parameters' | 'macs') => cards.reduce((n, c) => n + c[of], 0);
  return (
    <StepFrame
      title={`${cards.length} layers`}
      lead="What is set here holds for all of them; undo takes it back in one step."
      tools={
        <>
          {stale && <Badge tone="watch">recipe changed</Badge>}
          <IconButton label="Choose only the last one" size="small" onClick={() => void selectLayer(state().view.selection)}>
            <X size={14} aria-hidden />
          </IconButton>
        </>
      }
      foot={
        <Button look="primary" onClick={() => openStep('recipe')} data-testid="many-to-recipe">
          To the recipe
        </Button>
      }
    >
      <Panel title="Together">
        <StatGrid framed columns={3}>
          <Stat label="Layers" value={String(cards.length)} />
          <Stat label="Params" value={countText(sum('parameters'))} definition={definitions.parameters} />
          <Stat label="MACs" value={countText(sum('macs'))} definition={definitions.macs} />
        </StatGrid>
      </Panel>
      {layers.length > 0 && <LayerSettings title="Set for all" whose="the chosen layers" layers={layers} keys={keys} />}
      <Panel title="Chosen" aside={`${cards.length}`}>
        <ul className={styles.chosen} data-testid="chosen-layers">
          {cards.map((card) => (
            <li key={card.id}>
              <i style={{ background: opColour(card.kind) }} aria-hidden />
              <button type="button" onClick={() => void selectLayer(card.id)} title={card.id}>
                {card.title} <small>{card.id}</small>
              </button>
              <Bits id={card.id} />
              <IconButton label={`Leave out ${card.id}`} size="small" onClick={() => toggleLayer(card.id)}>
                <X size={12} aria-hidden />
              </IconButton>
            </li>
          ))}
        </ul>
      </Panel>
    </StepFrame>
  );
}

/** As it was converted last. */
function Bits({ id }: { readonly id: string }) {
  const report = useStudio((s) => reportOf(s, id));
  if (report === undefined) return null;
  return (
    <span className={styles.bitsNow}>
      {report.weightBits === undefined ? `A${report.inputBits}` : `W${report.weightBits} A${report.inputBits}`}
    </span>
  );
}
