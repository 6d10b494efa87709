/** Several layers at once: what they are together, and the settings of the recipe for all of them in one step of undo. */
import { X } from 'lucide-react';
import type { LayerOverride } from '../../../core/recipe/recipe';
import { toggleLayer } from '../../../store/actions/choose';
import { openStep, selectLayer } from '../../../store/actions/view';
import { cardOf, chosenNow, isStale, openModel, reportOf } from '../../../store/selectors';
import { setRecipe, state, useStudio } from '../../../store/store';
import { countText } from '../../charts/format';
import { opColour } from '../../graph/op-icon';
import { Button, IconButton } from '../../kit/button';
import { Badge, Panel } from '../../kit/feedback';
import { FieldRow, Select } from '../../kit/field';
import { Stat, StatGrid } from '../../kit/stat';
import { StepFrame } from '../../kit/step-frame';
import { definitions } from '../inspect/definitions';
import { ruleValue, withMany, type RuleKey } from './many-rules';
import styles from './recipe.module.css';
import { algorithmItems } from './scheme-fields';

export function ManyLayers() {
  const chosen = useStudio(chosenNow);
  const model = useStudio(openModel);
  const stale = useStudio(isStale);
  const cards = chosen.flatMap((id) => cardOf(state(), id) ?? []);
  const all = model?.graph.cards.filter((c) => c.kind !== 'input' && c.kind !== 'output').map((c) => c.id) ?? [];
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
      {layers.length > 0 && <Settings all={all} layers={layers} />}
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

function Settings({ all, layers }: { readonly all: readonly string[]; readonly layers: readonly string[] }) {
  const recipe = useStudio((s) => s.recipe.present);
  const algorithms = useStudio((s) => s.work.algorithms);
  /** The one value of all, else `mixed`; `same` where the recipe's own holds. */
  const valueOf = (key: RuleKey): string => {
    const values = new Set(layers.map((id) => String(ruleValue(recipe.layers, id, key) ?? 'same')));
    return values.size === 1 ? ([...values][0] as string) : 'mixed';
  };
  const set = <K extends RuleKey>(key: K, value: NonNullable<LayerOverride[K]> | undefined, usual: NonNullable<LayerOverride[K]>) => {
    setRecipe({ ...recipe, layers: withMany(recipe.layers, all, layers, key, value, usual) });
  };
  const mixed = (key: RuleKey) => (valueOf(key) === 'mixed' ? [{ id: 'mixed', title: 'different ones' }] : []);
  const bits = [2, 3, 4, 5, 6, 7, 8].map((b) => ({ id: String(b), title: `${b} bit` }));
  return (
    <Panel title="Set for all">
      <FieldRow label="Weight bits">
        <Select
          label="Weight bits of the chosen layers"
          value={valueOf('weightBits')}
          onChange={(v) => v !== 'mixed' && set('weightBits', v === 'same' ? undefined : Number(v), recipe.weights.bits)}
          items={[...mixed('weightBits'), { id: 'same', title: `as the recipe (${recipe.weights.bits})` }, ...bits]}
        />
      </FieldRow>
      <FieldRow label="Activation bits">
        <Select
          label="Activation bits of the chosen layers"
          value={valueOf('activationBits')}
          onChange={(v) => v !== 'mixed' && set('activationBits', v === 'same' ? undefined : Number(v), recipe.activations.bits)}
          items={[...mixed('activationBits'), { id: 'same', title: `as the recipe (${recipe.activations.bits})` }, ...bits]}
        />
      </FieldRow>
      {(['weights', 'activations'] as const).map((target) => (
        <FieldRow key={target} label={target === 'weights' ? 'Weights' : 'Activations'}>
          <Select
            label={`Algorithm of ${target} of the chosen layers`}
            value={valueOf(target)}
            onChange={(v) => v !== 'mixed' && set(target, v === 'same' ? undefined : v, recipe[target].algorithm)}
            items={[
              ...mixed(target),
              { id: 'same', title: 'as the recipe' },
              ...algorithmItems(algorithms, target, ['same', 'mixed'].includes(valueOf(target)) ? undefined : valueOf(target)),
            ]}
          />
        </FieldRow>
      ))}
      <FieldRow label="Run in">
        <Select
          label="Where the chosen layers run"
          value={valueOf('keep')}
          onChange={(v) => v !== 'mixed' && set('keep', v === 'float' ? 'float' : undefined, 'integer')}
          items={[
            ...mixed('keep'),
            { id: 'same', title: 'Integers' },
            { id: 'float', title: 'Float islands' },
            ...(valueOf('keep') === 'integer' ? [{ id: 'integer', title: 'Integers, by a rule' }] : []),
          ]}
        />
      </FieldRow>
    </Panel>
  );
}
