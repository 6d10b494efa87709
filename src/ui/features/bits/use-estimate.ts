/** The estimate of the recipe on screen, asked for whenever the recipe or the sweep changes. The last one stays until then. */
import { useEffect } from 'react';
import type { RecipeEstimate } from '../../../core/analysis/sensitivity/types';
import { askEstimate } from '../../../store/actions/bits';
import { shown } from '../../../store/loadable';
import { openModel } from '../../../store/selectors';
import { useStudio } from '../../../store/store';

export function useEstimate(): { readonly value: RecipeEstimate | undefined; readonly isOld: boolean } {
  const recipe = useStudio((s) => s.recipe.present);
  const model = useStudio(openModel);
  const calibration = useStudio((s) => shown(s.work.calibration));
  const sweep = useStudio((s) => shown(s.work.sweep));
  const estimate = useStudio((s) => s.work.estimate);
  useEffect(() => {
    if (model !== undefined) void askEstimate();
  }, [recipe, model, calibration, sweep]);
  return { value: estimate?.value, isOld: estimate !== undefined && estimate.recipe !== recipe };
}
