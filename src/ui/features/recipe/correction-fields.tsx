/** The steps between calibration and plan, each a switch. What there is comes from the core as data. */
import type { OptionSpec } from '../../../core/quant/quantizer';
import type { Recipe } from '../../../core/recipe/recipe';
import { setRecipe, useStudio } from '../../../store/store';
import { Panel } from '../../kit/feedback';
import { FieldRow, Switch } from '../../kit/field';
import { Defined } from '../../kit/tooltip';

const isOn = (recipe: Recipe, id: string): boolean => recipe.corrections[id as keyof Recipe['corrections']]; // ids are its keys, by their own law

export function CorrectionFields({ recipe }: { readonly recipe: Recipe }) {
  const algorithms = useStudio((s) => s.work.algorithms);
  const specs: readonly OptionSpec[] = algorithms.find((a) => a.target === 'corrections')?.options ?? [];
  if (specs.length === 0) return null;
  const on = specs.filter((s) => isOn(recipe, s.id)).length;
  return (
    <Panel title="Corrections" aside={on === 0 ? 'none' : `${on} of ${specs.length}`}>
      {specs.map((spec) => (
        <FieldRow key={spec.id} label={<Defined definition={{ title: spec.title, what: spec.help }}>{spec.title}</Defined>}>
          <Switch
            label={spec.title}
            checked={isOn(recipe, spec.id)}
            onChange={(value) => setRecipe({ ...recipe, corrections: { ...recipe.corrections, [spec.id]: value } })}
          />
        </FieldRow>
      ))}
    </Panel>
  );
}
