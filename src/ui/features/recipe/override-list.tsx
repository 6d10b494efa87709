/** Rules for single layers: a glob over names and what differs there. Later rules win; each says how many layers it means. */
import { Plus, Trash2 } from 'lucide-react';
import type { LayerOverride, Recipe } from '../../../core/recipe/recipe';
import { cardOf, openModel } from '../../../store/selectors';
import type { Algorithms } from '../../../store/state';
import { setRecipe, useStudio } from '../../../store/store';
import { Button, IconButton } from '../../kit/button';
import { Panel } from '../../kit/feedback';
import { Select, TextField } from '../../kit/field';
import { nameable } from './layer-settings';
import { globFor, matches, withValue } from './overrides';
import styles from './recipe.module.css';
import { algorithmItems } from './scheme-fields';
import { withUsedOptions } from './used-options';

const listId = 'recipe-layer-names';

export function OverrideList({ recipe }: { readonly recipe: Recipe }) {
  const model = useStudio(openModel);
  const algorithms = useStudio((s) => s.work.algorithms);
  const selected = useStudio((s) => cardOf(s, s.view.selection));
  const stems = nameable(model?.graph.cards ?? []);
  const setLayers = (layers: readonly LayerOverride[]) => setRecipe(withUsedOptions({ ...recipe, layers }, algorithms));
  const add = (match: string) => setLayers([...recipe.layers, { match, weightBits: recipe.weights.bits }]);
  const wanted = selected === undefined || !stems.includes(selected.id) ? undefined : globFor(selected.id);
  return (
    <Panel
      title="Single layers"
      aside={recipe.layers.length === 0 ? 'all as above' : `${recipe.layers.length} ${recipe.layers.length === 1 ? 'rule' : 'rules'}`}
    >
      <datalist id={listId}>
        {stems.map((s) => (
          <option key={s} value={s} />
        ))}
      </datalist>
      <ol className={styles.rules}>
        {recipe.layers.map((rule, at) => (
          <Rule
            key={at}
            at={at}
            rule={rule}
            recipe={recipe}
            algorithms={algorithms}
            hits={stems.filter((s) => matches(rule.match, s)).length}
            onChange={(next) => setLayers(recipe.layers.map((old, i) => (i === at ? next : old)))}
            onRemove={() => setLayers(recipe.layers.filter((_, i) => i !== at))}
          />
        ))}
      </ol>
      <div className={styles.addRow}>
        {wanted !== undefined && (
          <Button
            size="small"
            icon={<Plus size={13} aria-hidden />}
            disabled={recipe.layers.some((l) => l.match === wanted)}
            onClick={() => add(wanted)}
            title={selected?.id}
            className={styles.addSelected}
            data-testid="override-selected"
          >
            <span>For {selected?.id}</span>
          </Button>
        )}
        <Button
          size="small"
          look={wanted === undefined ? 'plain' : 'ghost'}
          icon={<Plus size={13} aria-hidden />}
          onClick={() => add(`${stems[0]?.split(/[./]/)[0] ?? ''}*`)}
        >
          For layers by name
        </Button>
      </div>
    </Panel>
  );
}

interface RuleProps {
  readonly at: number;
  readonly rule: LayerOverride;
  readonly recipe: Recipe;
  readonly algorithms: Algorithms;
  readonly hits: number;
  readonly onChange: (next: LayerOverride) => void;
  readonly onRemove: () => void;
}

function Rule({ at, rule, recipe, algorithms, hits, onChange, onRemove }: RuleProps) {
  const name = `Rule ${at + 1}`;
  const bits = (inherited: number) => [
    { id: 'same', title: `as above (${inherited})` },
    ...[2, 3, 4, 5, 6, 7, 8].map((b) => ({ id: String(b), title: `${b} bit` })),
  ];
  const names = (target: 'weights' | 'activations', current: string | undefined) => [
    { id: 'same', title: 'as above' },
    ...algorithmItems(algorithms, target, current),
  ];
  return (
    <li className={styles.rule} aria-label={name}>
      <div className={styles.ruleHead}>
        <TextField
          look="wide"
          label={`${name}: names of layers`}
          placeholder="layer1.*"
          value={rule.match}
          list={listId}
          onCommit={(match) => match.trim() !== '' && onChange({ ...rule, match: match.trim() })}
        />
        <IconButton label={`Remove rule ${at + 1}`} size="small" onClick={onRemove}>
          <Trash2 size={13} aria-hidden />
        </IconButton>
      </div>
      <div className={hits === 0 ? styles.noHits : styles.hits}>
        {hits === 0 ? 'matches no layer' : `${hits} ${hits === 1 ? 'layer' : 'layers'}`}
      </div>
      <div className={styles.ruleFields}>
        <label>
          <span>Weight bits</span>
          <Select
            fill
            label={`${name}: bits of weights`}
            value={rule.weightBits === undefined ? 'same' : String(rule.weightBits)}
            onChange={(v) => onChange(withValue(rule, 'weightBits', v === 'same' ? undefined : Number(v)))}
            items={bits(recipe.weights.bits)}
          />
        </label>
        <label>
          <span>Activation bits</span>
          <Select
            fill
            label={`${name}: bits of activations`}
            value={rule.activationBits === undefined ? 'same' : String(rule.activationBits)}
            onChange={(v) => onChange(withValue(rule, 'activationBits', v === 'same' ? undefined : Number(v)))}
            items={bits(recipe.activations.bits)}
          />
        </label>
        <label>
          <span>Weights</span>
          <Select
            fill
            label={`${name}: algorithm of weights`}
            value={rule.weights ?? 'same'}
            onChange={(v) => onChange(withValue(rule, 'weights', v === 'same' ? undefined : v))}
            items={names('weights', rule.weights)}
          />
        </label>
        <label>
          <span>Activations</span>
          <Select
            fill
            label={`${name}: algorithm of activations`}
            value={rule.activations ?? 'same'}
            onChange={(v) => onChange(withValue(rule, 'activations', v === 'same' ? undefined : v))}
            items={names('activations', rule.activations)}
          />
        </label>
        <label>
          <span>Runs in</span>
          <Select
            fill
            label={`${name}: runs in`}
            value={rule.keep ?? 'same'}
            onChange={(v) => onChange(withValue(rule, 'keep', v === 'same' ? undefined : v))}
            items={[
              { id: 'same', title: 'as above (integers)' },
              { id: 'integer', title: 'Integers' },
              { id: 'float', title: 'Float island' },
            ]}
          />
        </label>
      </div>
    </li>
  );
}
