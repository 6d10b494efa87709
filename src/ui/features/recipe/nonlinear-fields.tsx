/** How softmax and layer normalization divide, and the bits of probabilities: made from the options that the engine lists. */
import type { Recipe } from '../../../core/recipe/recipe';
import { setRecipe, useStudio } from '../../../store/store';
import { Panel } from '../../kit/feedback';
import { Options } from './option-fields';

export function NonlinearFields({ recipe }: { readonly recipe: Recipe }) {
  const listed = useStudio((s) => s.work.algorithms.find((a) => a.target === 'nonlinear'));
  if (listed === undefined) return null;
  const { nonlinear } = recipe;
  const changed = listed.options.some((o) => String(nonlinear[o.id as keyof typeof nonlinear]) !== String(o.fallback)); // ids are keys by the list's own law
  return (
    <Panel title={listed.title} aside={changed ? 'changed' : 'all as usual'}>
      <Options
        specs={listed.options}
        values={{ ...nonlinear }}
        // every value is one that the list offers
        onChange={(next) => setRecipe({ ...recipe, nonlinear: next as unknown as Recipe['nonlinear'] })}
      />
    </Panel>
  );
}
