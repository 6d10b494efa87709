/** The two halves of a recipe: how weights and how activations become integers. Algorithms and their options are data of the engine. */
import type { Recipe } from '../../../core/recipe/recipe';
import type { Algorithms } from '../../../store/state';
import { setRecipe, useStudio } from '../../../store/store';
import { Panel } from '../../kit/feedback';
import { FieldRow, NumberField, Select, Switch } from '../../kit/field';
import { Segmented } from '../../kit/segmented';
import { Defined } from '../../kit/tooltip';
import { Options } from './option-fields';
import { recipeDefinitions as about } from './recipe-definitions';
import { usedOptions, withAlgorithm } from './used-options';

const bitChoices = [2, 3, 4, 5, 6, 7, 8].map((b) => ({ id: String(b), title: String(b) }));

export function SchemeFields({ recipe }: { readonly recipe: Recipe }) {
  const algorithms = useStudio((s) => s.work.algorithms);
  const { weights, activations } = recipe;
  return (
    <>
      <Panel title="Weights" aside={`${weights.bits} bit`}>
        <FieldRow label={<Defined definition={about.algorithm}>Algorithm</Defined>}>
          <Algorithm
            label="Algorithm of weights"
            target="weights"
            algorithms={algorithms}
            value={weights.algorithm}
            onChange={(algorithm) => setRecipe(withAlgorithm(recipe, 'weights', algorithm, algorithms))}
          />
        </FieldRow>
        <FieldRow label={<Defined definition={about.weightBits}>Bits</Defined>}>
          <Segmented
            label="Bits of weights"
            dense
            value={String(weights.bits)}
            onChange={(bits) => setRecipe({ ...recipe, weights: { ...weights, bits: Number(bits) } })}
            items={bitChoices}
          />
        </FieldRow>
        <Options
          specs={usedOptions(recipe, 'weights', algorithms)}
          values={weights.options}
          onChange={(options) => setRecipe({ ...recipe, weights: { ...weights, options } })}
        />
      </Panel>
      <Panel title="Activations" aside={`${activations.bits} bit`}>
        <FieldRow label={<Defined definition={about.algorithm}>Algorithm</Defined>}>
          <Algorithm
            label="Algorithm of activations"
            target="activations"
            algorithms={algorithms}
            value={activations.algorithm}
            onChange={(algorithm) => setRecipe(withAlgorithm(recipe, 'activations', algorithm, algorithms))}
          />
        </FieldRow>
        <FieldRow label={<Defined definition={about.activationBits}>Bits</Defined>}>
          <Segmented
            label="Bits of activations"
            dense
            value={String(activations.bits)}
            onChange={(bits) => setRecipe({ ...recipe, activations: { ...activations, bits: Number(bits) } })}
            items={bitChoices}
          />
        </FieldRow>
        <FieldRow label={<Defined definition={about.symmetric}>Symmetric</Defined>}>
          <Switch
            label="Symmetric activations"
            checked={activations.symmetric}
            onChange={(symmetric) => setRecipe({ ...recipe, activations: { ...activations, symmetric } })}
          />
        </FieldRow>
        <Options
          specs={usedOptions(recipe, 'activations', algorithms)}
          values={activations.options}
          onChange={(options) => setRecipe({ ...recipe, activations: { ...activations, options } })}
        />
        <FieldRow label={<Defined definition={about.edges8}>First and last at 8 bit</Defined>}>
          <Switch
            label="First and last layer keep 8 bits"
            checked={recipe.edges8}
            onChange={(edges8) => setRecipe({ ...recipe, edges8 })}
          />
        </FieldRow>
        <FieldRow label={<Defined definition={about.residualBits}>Residual streams</Defined>}>
          <NumberField
            label="Bits of residual streams"
            stepper
            value={recipe.residualBits}
            min={2}
            max={16}
            unit="bit"
            onChange={(residualBits) => setRecipe({ ...recipe, residualBits })}
          />
        </FieldRow>
        <FieldRow label={<Defined definition={about.outputBits}>Graph outputs</Defined>}>
          <NumberField
            label="Bits of graph outputs"
            stepper
            value={recipe.outputBits}
            min={8}
            max={16}
            unit="bit"
            onChange={(outputBits) => setRecipe({ ...recipe, outputBits })}
          />
        </FieldRow>
      </Panel>
    </>
  );
}

type Target = 'weights' | 'activations';

/** The algorithms of a target as items; the one that a recipe names stays in the list though the engine may not know it. */
export function algorithmItems(
  algorithms: Algorithms,
  target: Target,
  current: string | undefined,
): readonly { readonly id: string; readonly title: string }[] {
  const items = algorithms.filter((a) => a.target === target).map(({ id, title }) => ({ id, title }));
  return current === undefined || items.some((i) => i.id === current) ? items : [...items, { id: current, title: current }];
}

interface AlgorithmProps {
  readonly label: string;
  readonly target: Target;
  readonly algorithms: Algorithms;
  readonly value: string;
  readonly onChange: (id: string) => void;
}

function Algorithm({ label, target, algorithms, value, onChange }: AlgorithmProps) {
  return <Select label={label} value={value} onChange={onChange} items={algorithmItems(algorithms, target, value)} />;
}
