/** What the recipe says of some layers, as fields: bits and algorithms, each a rule of the recipe and one step of undo. */
import type { LayerOverride } from '../../../core/recipe/recipe';
import { openModel } from '../../../store/selectors';
import { setRecipe, useStudio } from '../../../store/store';
import { Panel } from '../../kit/feedback';
import { FieldRow, Select } from '../../kit/field';
import { ruleValue, withMany, type RuleKey } from './many-rules';
import { algorithmItems } from './scheme-fields';
import { withUsedOptions } from './used-options';

interface Props {
  readonly title: string;
  /** Whose fields they are, for who does not see where they stand: `this layer`. */
  readonly whose: string;
  /** Names that rules can mean. */
  readonly layers: readonly string[];
  readonly keys: readonly RuleKey[];
}

const bits = [2, 3, 4, 5, 6, 7, 8].map((b) => ({ id: String(b), title: `${b} bit` }));

export function LayerSettings({ title, whose, layers, keys }: Props) {
  const recipe = useStudio((s) => s.recipe.present);
  const model = useStudio(openModel);
  const algorithms = useStudio((s) => s.work.algorithms);
  const all = nameable(model?.graph.cards ?? []);
  /** The one value of all, else `mixed`; `same` where the recipe's own holds. */
  const valueOf = (key: RuleKey): string => {
    const values = new Set(layers.map((id) => String(ruleValue(recipe.layers, id, key) ?? 'same')));
    return values.size === 1 ? ([...values][0] as string) : 'mixed';
  };
  const set = <K extends RuleKey>(key: K, value: NonNullable<LayerOverride[K]> | undefined, usual: NonNullable<LayerOverride[K]>) => {
    setRecipe(withUsedOptions({ ...recipe, layers: withMany(recipe.layers, all, layers, key, value, usual) }, algorithms));
  };
  const mixed = (key: RuleKey) => (valueOf(key) === 'mixed' ? [{ id: 'mixed', title: 'different ones' }] : []);
  const fieldOf = (key: RuleKey) => {
    switch (key) {
      case 'weightBits':
      case 'activationBits': {
        const name = key === 'weightBits' ? 'Weight bits' : 'Activation bits';
        const usual = recipe[key === 'weightBits' ? 'weights' : 'activations'].bits;
        return (
          <FieldRow key={key} label={name}>
            <Select
              label={`${name} of ${whose}`}
              value={valueOf(key)}
              onChange={(v) => v !== 'mixed' && set(key, v === 'same' ? undefined : Number(v), usual)}
              items={[...mixed(key), { id: 'same', title: `as the recipe (${usual})` }, ...bits]}
            />
          </FieldRow>
        );
      }
      case 'weights':
      case 'activations':
        return (
          <FieldRow key={key} label={key === 'weights' ? 'Weights' : 'Activations'}>
            <Select
              label={`Algorithm of ${key} of ${whose}`}
              value={valueOf(key)}
              onChange={(v) => v !== 'mixed' && set(key, v === 'same' ? undefined : v, recipe[key].algorithm)}
              items={[
                ...mixed(key),
                { id: 'same', title: 'as the recipe' },
                ...algorithmItems(algorithms, key, ['same', 'mixed'].includes(valueOf(key)) ? undefined : valueOf(key)),
              ]}
            />
          </FieldRow>
        );
      case 'keep':
        return (
          <FieldRow key={key} label="Run in">
            <Select
              label={`Where ${whose} run`}
              value={valueOf(key)}
              onChange={(v) => v !== 'mixed' && set(key, v === 'float' ? 'float' : undefined, 'integer')}
              items={[
                ...mixed(key),
                { id: 'same', title: 'Integers' },
                { id: 'float', title: 'Float islands' },
                ...(valueOf(key) === 'integer' ? [{ id: 'integer', title: 'Integers, by a rule' }] : []),
              ]}
            />
          </FieldRow>
        );
      default:
        return key satisfies never;
    }
  };
  return <Panel title={title}>{keys.map(fieldOf)}</Panel>;
}

/** What rules can mean: operators with an output of their own. */
export const nameable = (cards: readonly { readonly id: string; readonly kind: string }[]): string[] =>
  cards.filter((c) => c.kind !== 'input' && c.kind !== 'output').map((c) => c.id);
