/** Which weights become 0 before anything else. Criteria come with plugins: without one there is nothing to choose. */
import { setRecipe, useStudio } from '../../../store/store';
import type { Recipe } from '../../../core/recipe/recipe';
import { Panel } from '../../kit/feedback';
import { FieldRow, Select } from '../../kit/field';
import { Defined } from '../../kit/tooltip';
import { Options } from './option-fields';
import { recipeDefinitions as about } from './recipe-definitions';

/** No id of a criterion. */
const NONE = '-';

export function PruningFields({ recipe }: { readonly recipe: Recipe }) {
  const algorithms = useStudio((s) => s.work.algorithms);
  const known = algorithms.filter((a) => a.target === 'pruning');
  const { pruning, ...whole } = recipe;
  if (known.length === 0 && pruning === undefined) return null;
  const chosen = known.find((a) => a.id === pruning?.criterion);
  const items = [
    { id: NONE, title: 'None' },
    ...known.map(({ id, title }) => ({ id, title })),
    // one that a recipe names stays in the list though the engine may not know it
    ...(pruning === undefined || chosen ? [] : [{ id: pruning.criterion, title: pruning.criterion }]),
  ];
  return (
    <Panel title="Pruning" aside={pruning === undefined ? 'none' : (chosen?.title ?? pruning.criterion)}>
      <FieldRow label={<Defined definition={about.pruning}>Criterion</Defined>}>
        <Select
          label="Criterion of pruning"
          value={pruning?.criterion ?? NONE}
          onChange={(id) => setRecipe(id === NONE ? whole : { ...whole, pruning: { criterion: id, options: {} } })}
          items={items}
        />
      </FieldRow>
      {pruning !== undefined && (
        <Options
          specs={chosen?.options ?? []}
          values={pruning.options}
          onChange={(options) => setRecipe({ ...recipe, pruning: { ...pruning, options } })}
        />
      )}
    </Panel>
  );
}
